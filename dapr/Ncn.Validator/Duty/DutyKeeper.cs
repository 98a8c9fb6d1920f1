using Grpc.Net.Client;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Validator.Duty.Probes;
using Ncn.Validator.Engine;
using Ncn.Validator.OnChain;
using Ncn.Verification.Grpc;

namespace Ncn.Validator.Duty;

/// <summary>Where duties are done.</summary>
/// <param name="Gateways">Base URLs; none for a validator that does no duties.</param>
/// <param name="Worker">gRPC endpoint of the worker that runs answers again; null for none.</param>
/// <param name="Parties">Who asks that worker.</param>
/// <param name="Network">Domain of the network's messages.</param>
/// <param name="Nodes">At which addresses nodes are asked.</param>
/// <param name="Look">Time between two looks.</param>
/// <param name="Probes">What requests of the validator's own are sent with; null for one that sends none.</param>
internal sealed record DutyPlace(
    IReadOnlyList<Uri> Gateways, Uri? Worker, CheckParties? Parties, Eip712Domain Network, AddressRules Nodes, TimeSpan Look, ProbeDesk? Probes);

/// <summary>Looks at the duties again and again, beside the looks at the chain.</summary>
internal sealed class DutyKeeper(WorkFold fold, ValidatorEngine engine, Address key, DutyPlace place, HttpClient http, TimeProvider time, ILogger log)
{
    private const int MostMessageBytes = 64 << 20; // as the worker takes

    internal async Task KeepAsync(Func<bool> isOver, CancellationToken cancellationToken)
    {
        TellWhatIsMissing();
        using var channel = place.Worker is null ? null : GrpcChannel.ForAddress(place.Worker, new GrpcChannelOptions { MaxReceiveMessageSize = MostMessageBytes, MaxSendMessageSize = MostMessageBytes });
        using var worker = channel is null ? null : new WorkerCheck(new AnswerChecker(new Compute.ComputeClient(channel), place.Parties!).CheckAsync, place.Worker!, time, log);
        var book = new NodeBook(place.Gateways, place.Network, http, time, log);
        var nodes = new NodeReader(book.Find, key, engine.Sign, new AddressGuard(place.Nodes) { WantsTls = true }, place.Network, time);
        var gateways = new GatewayReader(place.Gateways, key, engine.Sign, http, time, place.Probes is { } desk ? desk.Shapes.Learn : null);
        var sources = new Sources(gateways, nodes, worker is null ? null : worker.FindAsync);
        await using var duties = new DutyWork(fold, engine, key, sources, log);
        var witness = new TimeWitness(key);
        await using var probes = ProbesWith(sources, duties);
        while (!isOver() && !cancellationToken.IsCancellationRequested)
        {
            if (fold.State is { } state && engine.Status is { HaltReason: null, Failure: null } && witness.Due(state, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds()) is { } passed)
            {
                duties.Submit(passed);
            }

            if (place.Gateways.Count > 0)
            {
                book.Look(cancellationToken);
                duties.Look(cancellationToken);
                probes?.Look(cancellationToken);
            }

            await Task.Delay(place.Look, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private ProbeWork? ProbesWith(Sources sources, DutyWork duties)
    {
        var ledger = new SubmitOnce(key, duties.Submit);
        return place.Probes is { } desk ? new ProbeWork(desk, fold, engine, key, new ProbeWatch(desk.Journal, sources, () => fold.State, ledger), ledger, time, log) : null;
    }

    private void TellWhatIsMissing()
    {
        if (place.Gateways.Count == 0)
        {
            log.LogWarning("No gateway is named (Ncn:Validator:Gateways): this validator checks no work, and earns nothing for it.");
        }
        else if (place.Worker is null)
        {
            log.LogWarning("No worker is named (Ncn:Validator:Verifier and VerifierAddress): this validator judges lists and evidence that is not shown, but no answers.");
        }
    }
}
