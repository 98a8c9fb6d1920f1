using System.Diagnostics.Metrics;
using System.Text.Json;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Network;
using Ncn.Inference.Repository;
using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Observability;

/// <summary>What this node does, in numbers (meter <c>Ncn.Worker</c>). The engine's own are in the meter <c>Ncn.Inference</c>.</summary>
internal sealed class NodeMetrics
{
    /// <summary>What a metrics collector subscribes to.</summary>
    public const string MeterName = "Ncn.Worker";

    private static readonly double[] Seconds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600];

    private readonly Counter<long> _jobs;
    private readonly Counter<long> _refusals;
    private readonly Counter<double> _earned;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _reruns;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstOutput;

    public NodeMetrics(IMeterFactory factory, RunningJobs running, NodeModels models, ModelRepository repository, KnownGateways gateways)
    {
        Meter meter = factory.Create(MeterName);
        InstrumentAdvice<double> advice = new() { HistogramBucketBoundaries = Seconds };
        _jobs = meter.CreateCounter<long>("ncn.worker.jobs", "{job}", "Jobs that were admitted and ended, by path and outcome.");
        _refusals = meter.CreateCounter<long>("ncn.worker.refusals", "{job}", "Jobs that were not admitted, by path and reason.");
        _earned = meter.CreateCounter<double>("ncn.worker.earned_units", "{unit}", "Charged to gateways, in atomic units of the payment token.");
        _tokens = meter.CreateCounter<long>("ncn.worker.tokens", "{token}", "Tokens of ended jobs, by kind: prompt or completion.");
        _rows = meter.CreateCounter<long>("ncn.worker.rows", "{row}", "Rows of ended tensor jobs.");
        _reruns = meter.CreateCounter<long>("ncn.worker.reruns", "{call}", "Calls for fingerprints, by outcome.");
        _duration = meter.CreateHistogram("ncn.worker.job_duration", "s", "From admission to the end of the job.", advice: advice);
        _firstOutput = meter.CreateHistogram("ncn.worker.first_output", "s", "From admission to the first chunk.", advice: advice);
        meter.CreateObservableGauge("ncn.worker.slots_free", () => running.Slots.Free, "{slot}", "Jobs that the node could start now.");
        meter.CreateObservableGauge("ncn.worker.slots", () => running.Slots.Total, "{slot}", "Jobs that the node runs at once at most.");
        meter.CreateObservableGauge("ncn.worker.jobs_running", () => running.Count, "{job}", "Jobs that run now.");
        meter.CreateObservableGauge("ncn.worker.gateways_joined", () => gateways.Links.Count(link => link.JoinedSequence > 0), "{gateway}", "Gateways that took the node in.");
        meter.CreateObservableGauge("ncn.worker.model_loaded", () => Loaded(models.Offers, repository.Failures), description: "1 for a model that is served, 0 for one that could not be loaded.");
    }

    /// <summary>A job was not admitted.</summary>
    public void Refuse(string path, JobRefusalReason reason) => _refusals.Add(1, new("path", path), new("reason", NameOf(reason)));

    /// <summary>The first piece of a job's output is there.</summary>
    public void Begin(string path, TimeSpan sinceAdmission) =>
        _firstOutput.Record(sinceAdmission.TotalSeconds, new KeyValuePair<string, object?>("path", path));

    /// <summary>An admitted job ended.</summary>
    public void End(string path, string model, string outcome, Usage used, TimeSpan sinceAdmission)
    {
        _jobs.Add(1, new("path", path), new("model", model), new("outcome", outcome));
        _duration.Record(sinceAdmission.TotalSeconds, new KeyValuePair<string, object?>("path", path));
        _tokens.Add(used.PromptTokens, new("model", model), new("kind", "prompt"));
        _tokens.Add(used.CompletionTokens, new("model", model), new("kind", "completion"));
        _rows.Add(used.Rows, new KeyValuePair<string, object?>("model", model));
    }

    /// <summary>A job was charged.</summary>
    public void Earn(string path, TokenAmount amount) => _earned.Add((double)amount.Units, new KeyValuePair<string, object?>("path", path));

    /// <summary>A call for fingerprints was answered, or refused for a reason.</summary>
    public void Rerun(JobRefusalReason? refused) =>
        _reruns.Add(1, new KeyValuePair<string, object?>("outcome", refused is { } reason ? NameOf(reason) : "answered"));

    /// <summary>A reason as a label: lower case with underscores.</summary>
    public static string NameOf(JobRefusalReason reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());

    /// <summary>A failure is named by its folder, name/version, or by the name alone when there is none.</summary>
    internal static IEnumerable<Measurement<int>> Loaded(IReadOnlyList<ModelOffer> offers, IReadOnlyList<ModelFailure> failures)
    {
        HashSet<string> served = [.. offers.Select(static offer => $"{offer.Name}/{offer.Version}")];
        return offers.Select(static offer => One(1, offer.Name, offer.Version)).Concat(
            from failure in failures
            where !served.Contains(failure.Model)
            let parts = failure.Model.Split('/', 2)
            select One(0, parts[0], parts.Length > 1 ? parts[1] : ""));
    }

    private static Measurement<int> One(int value, string model, string version) => new(value, new("model", model), new("version", version));
}
