using System.Diagnostics.Metrics;
using Ncn.Hosting;

namespace Ncn.Validator.Hosting;

/// <summary>A validator in figures.</summary>
internal sealed class ValidatorGauges : IDisposable
{
    private readonly Meter _meter;

    public ValidatorGauges(IMeterFactory meters, ValidatorHost host)
    {
        _meter = meters.Create(NcnDefaults.TelemetryName);
        _meter.CreateObservableGauge("ncn_validator_height", () => (long)host.Status().Height, description: "Height of the last final block.");
        _meter.CreateObservableGauge("ncn_validator_epoch", () => (long)host.Status().Epoch, description: "Epoch of the ledger.");
        _meter.CreateObservableGauge("ncn_validator_waiting", () => host.Status().Waiting, description: "Operations that wait for a block.");
        _meter.CreateObservableGauge("ncn_validator_connected", () => host.Status().Connected, description: "Other validators that there is a connection with.");
        _meter.CreateObservableGauge("ncn_validator_votes", () => host.Status().State == "voting" ? 1 : 0, description: "1 while the validator votes.");
        _meter.CreateObservableGauge("ncn_validator_halted", () => host.HasStopped ? 1 : 0, description: "1 once it signs nothing any more: what it reports says why.");
        _meter.CreateObservableGauge("ncn_validator_checkpoint_height", () => (long)host.Status().CheckpointHeight, description: "Height of the newest checkpoint that the chain has accepted.");
        // What the ledger shows anyway; any figure that moves when a probe is sent would tell of it.
        _meter.CreateObservableGauge("ncn_validator_probes_shown", () => (long)(host.Probes()?.Shown ?? 0), description: "Requests of the validator's own that the ledger was shown.");
        _meter.CreateObservableGauge("ncn_validator_probe_purses", () => host.Probes()?.PursesLeft ?? 0, description: "Keys that can pay for requests of the validator's own.");
    }

    public void Dispose() => _meter.Dispose();
}
