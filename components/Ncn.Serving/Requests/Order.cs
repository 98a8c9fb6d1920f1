using Ncn.Coordination.Dispatch;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Requests;

/// <summary>What a client wants run, whatever the protocol it asked in.</summary>
/// <param name="Dialect">Which form a kept or queued answer takes: the endpoint's name for itself.</param>
/// <param name="Inputs">What is run: one for each choice, side by side, each a job with a receipt of its own.</param>
/// <param name="Limit">The most that each input can use.</param>
/// <param name="Seed">The first input's; input i has this and i. Null: the gateway derives one from the request's id.</param>
/// <param name="Body">The request's body: with the path it tells one request from another under the same idempotency key.</param>
public sealed record Order(string Model, string Dialect, IReadOnlyList<Input> Inputs, Usage Limit, ulong? Seed, ReadOnlyMemory<byte> Body)
{
    /// <summary>Most inputs of one order.</summary>
    public const int MaxInputs = 16;

    /// <summary>An order with one input.</summary>
    public Order(string model, string dialect, Input input, Usage limit, ulong? seed, ReadOnlyMemory<byte> body)
        : this(model, dialect, [input], limit, seed, body)
    {
    }

    /// <summary>The kind of model that it is for, as offers name it; null for any.</summary>
    public string? Kind { get; init; }

    /// <summary>The one node that may run it; null for any. Such an order is run now or refused, never queued or moved.</summary>
    public Address? Node { get; init; }

    /// <summary>Models that do as well when no node can run the first, in order.</summary>
    public IReadOnlyList<string> Fallbacks { get; init; } = [];

    /// <summary>All models that it may run on.</summary>
    public IReadOnlyList<string> Models => Fallbacks.Count == 0 ? [Model] : [.. Fallbacks.Prepend(Model).Distinct(StringComparer.Ordinal)];

    /// <summary>What the caller wants of nodes.</summary>
    public RoutingPreferences Preferences { get; init; } = RoutingPreferences.None;

    /// <summary>The client gets to see the signatures of chunks.</summary>
    public bool ShowsCommitments { get; init; }

    /// <summary>Nothing of the answer is given before its end.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The run goes on when the client goes away: somebody will come for its answer.</summary>
    public bool GoesOn { get; init; }

    /// <summary>The order with what the request says about who may answer it.</summary>
    public Order With(ModelChoice choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return this with { Fallbacks = choice.Fallbacks, Preferences = choice.Preferences };
    }

    /// <summary>0 to 9; a higher one goes first.</summary>
    public int Priority { get; init; }
}
