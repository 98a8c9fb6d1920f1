using System.Diagnostics.Metrics;
using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.Serving.Observability;

/// <summary>What a gateway does, in numbers (meter <c>Ncn.Gateway</c>). Nothing is measured, and no memory taken, while nobody listens.</summary>
public sealed class GatewayMetrics
{
    /// <summary>What a metrics collector subscribes to.</summary>
    public const string MeterName = "Ncn.Gateway";

    private static readonly double[] Seconds = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

    private readonly Meter _meter;
    private readonly TimeProvider _time;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _shed;
    private readonly Counter<long> _attempts;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _rows;
    private readonly Counter<double> _money;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _stages;

    public GatewayMetrics(IMeterFactory factory, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(factory);
        (_meter, _time) = (factory.Create(MeterName), time);
        InstrumentAdvice<double> advice = new() { HistogramBucketBoundaries = Seconds };
        _requests = _meter.CreateCounter<long>("ncn.gateway.requests", "{request}", "Calls of clients that ended, by route and outcome.");
        _shed = _meter.CreateCounter<long>("ncn.gateway.shed", "{request}", "Requests that were sent away at the queue, by reason.");
        _attempts = _meter.CreateCounter<long>("ncn.gateway.attempts", "{attempt}", "Runs on nodes that ended, by outcome.");
        _tokens = _meter.CreateCounter<long>("ncn.gateway.tokens", "{token}", "Tokens that clients were charged for, by model and kind: prompt or completion.");
        _rows = _meter.CreateCounter<long>("ncn.gateway.rows", "{row}", "Rows of tensors that clients were charged for, by model.");
        _money = _meter.CreateCounter<double>("ncn.gateway.money_units", "{unit}", "Atomic units of the payment token, by kind.");
        _duration = _meter.CreateHistogram("ncn.gateway.request_duration", "s", "From a call's arrival to the end of its answer, by route.", advice: advice);
        _stages = _meter.CreateHistogram("ncn.gateway.stage_duration", "s", "Time of one step of a request, by stage.", advice: advice);
    }

    /// <summary>A call ended.</summary>
    /// <param name="route">Its path as a template.</param>
    /// <param name="outcome">The status of its answer, or what became of it.</param>
    public void Request(string route, string outcome, TimeSpan duration)
    {
        _requests.Add(1, new("route", route), new("outcome", outcome));
        _duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("route", route));
    }

    /// <summary>A step begins; it is measured when the result is disposed of.</summary>
    public StageClock Begin(string stage) => _stages.Enabled ? new StageClock(_stages, _time, stage) : default;

    /// <summary>A request was sent away.</summary>
    public void Shed(string reason) => _shed.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>A run on a node ended.</summary>
    public void Attempt(string outcome) => _attempts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>A client was charged for what it used.</summary>
    public void Use(string model, Usage usage)
    {
        Count(_tokens, usage.PromptTokens, model, "prompt");
        Count(_tokens, usage.CompletionTokens, model, "completion");
        if (usage.Rows > 0)
        {
            _rows.Add(usage.Rows, new KeyValuePair<string, object?>("model", model));
        }
    }

    /// <summary>Money moved or was promised.</summary>
    /// <param name="kind">One of <see cref="MoneyKind"/>.</param>
    public void Money(string kind, TokenAmount amount)
    {
        if (!amount.IsZero && _money.Enabled)
        {
            _money.Add((double)amount.Units, new KeyValuePair<string, object?>("kind", kind));
        }
    }

    /// <summary>A number that is asked for when somebody collects.</summary>
    public void Observe(string name, string unit, string description, Func<IEnumerable<Measurement<double>>> read) =>
        _meter.CreateObservableGauge(name, read, unit, description);

    private static void Count(Counter<long> counter, uint count, string model, string kind)
    {
        if (count > 0)
        {
            counter.Add(count, new("model", model), new("kind", kind));
        }
    }
}

/// <summary>The steps of a request, as labels.</summary>
public static class Stage
{
    /// <summary>The price ceiling is worked out.</summary>
    public const string Price = "price";

    /// <summary>The payment is read and its signature checked.</summary>
    public const string Payment = "payment";

    /// <summary>The request waits for its turn.</summary>
    public const string Wait = "wait";

    /// <summary>The ceiling is held on the channel.</summary>
    public const string Hold = "hold";

    /// <summary>From the hand-over to a node until its first piece is there; of an answer that is given whole, until its last.</summary>
    public const string FirstPart = "first_part";

    /// <summary>What was delivered is charged.</summary>
    public const string Charge = "charge";

    /// <summary>The answer is kept for a repeat.</summary>
    public const string Store = "store";
}

/// <summary>What money did, as labels.</summary>
public static class MoneyKind
{
    /// <summary>Ceilings held on clients' channels.</summary>
    public const string Reserved = "reserved";

    /// <summary>Charged to clients.</summary>
    public const string Charged = "charged";

    /// <summary>Given back of ceilings, because less was used or nothing was delivered.</summary>
    public const string Released = "released";

    /// <summary>Taken off clients' prices because a service level was missed.</summary>
    public const string Credited = "credited";

    /// <summary>Owed to nodes by their receipts.</summary>
    public const string PaidToNodes = "paid_to_nodes";
}

/// <summary>Measures one step; a default one measures nothing.</summary>
public readonly struct StageClock : IDisposable
{
    private readonly Histogram<double>? _histogram;
    private readonly TimeProvider? _time;
    private readonly string? _stage;
    private readonly long _begun;

    internal StageClock(Histogram<double> histogram, TimeProvider time, string stage) =>
        (_histogram, _time, _stage, _begun) = (histogram, time, stage, time.GetTimestamp());

    public void Dispose() =>
        _histogram?.Record(_time!.GetElapsedTime(_begun).TotalSeconds, new KeyValuePair<string, object?>("stage", _stage));
}
