using System.Diagnostics;
using Ncn.ComputeWorker.Jobs;
using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Observability;

/// <summary>Where a job came from.</summary>
/// <param name="Path">"direct" or "queued".</param>
/// <param name="Span">The job's span; null when nobody listens.</param>
internal readonly record struct JobOrigin(string Path, Activity? Span);

/// <summary>Follows one admitted job from its admission to its end: its spans, and its numbers.</summary>
/// <param name="model">The model's name.</param>
internal sealed class JobWatch(NodeMetrics metrics, TimeProvider time, JobOrigin origin, string model)
{
    /// <summary>The outcome of a job whose reader went away.</summary>
    private const string HungUp = "hung_up";

    private readonly long _admitted = time.GetTimestamp();
    private Activity? _run;
    private Activity? _firstOutput;
    private string _outcome = HungUp;
    private bool _hasOutput;

    /// <summary>The model begins to run.</summary>
    public void Run()
    {
        _run = NodeTraces.Step("run", origin.Span);
        _firstOutput = NodeTraces.Step("first output", _run);
    }

    /// <summary>A piece of output is there.</summary>
    public void Output()
    {
        if (!_hasOutput)
        {
            _hasOutput = true;
            _firstOutput?.Dispose();
            metrics.Begin(origin.Path, time.GetElapsedTime(_admitted));
        }
    }

    /// <summary>The run came to its end.</summary>
    /// <param name="finishReason">Of a text; empty otherwise.</param>
    public void Finish(string finishReason) => _outcome = finishReason.Length > 0 ? finishReason : "done";

    /// <summary>The run broke off.</summary>
    public void Fail(JobRefusedException refusal)
    {
        _outcome = NodeMetrics.NameOf(refusal.Reason);
        NodeTraces.Fail(_run, refusal);
    }

    /// <summary>The job is being charged, until the result is disposed of.</summary>
    public IDisposable? Charge() => NodeTraces.Step("charge", origin.Span);

    /// <summary>The job was charged.</summary>
    public void Earn(TokenAmount amount) => metrics.Earn(origin.Path, amount);

    /// <summary>The job is over.</summary>
    public void End(Usage used)
    {
        _firstOutput?.Dispose();
        _run?.SetTag("ncn.outcome", _outcome).Dispose();
        metrics.End(origin.Path, model, _outcome, used, time.GetElapsedTime(_admitted));
    }
}
