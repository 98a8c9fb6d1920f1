using Google.Protobuf;
using Ncn.Coordination.Dispatch;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.Serving.Execution;

/// <summary>One client request, ready to be run by some node.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Input">What the node gets; for decoders without committed tokens.</param>
/// <param name="Limit">The most that it can use: decides every ceiling.</param>
/// <param name="Seed">The sampling seed.</param>
/// <param name="Deadline">When it must be done.</param>
public sealed record RunPlan(RequestId Request, string Model, Input Input, Usage Limit, ulong Seed, DateTimeOffset Deadline)
{
    /// <summary>
    /// The number of the first attempt. A request that may be run again after a crash begins at a random one: a node takes each number of
    /// a request once, and the run that died may have used the first ones.
    /// </summary>
    public uint FirstAttempt { get; init; }

    /// <summary>The one node that may run it; null for any.</summary>
    public Address? Node { get; init; }

    /// <summary>Models that do as well when no node can run the first, in order.</summary>
    public IReadOnlyList<string> Fallbacks { get; init; } = [];

    /// <summary>What the client wants of nodes.</summary>
    public RoutingPreferences Preferences { get; init; } = RoutingPreferences.None;

    /// <summary>Whether the signature of each signed chunk is checked as it comes, because the client gets to see them.</summary>
    public bool ChecksCommitments { get; init; }

    /// <summary>Which of the request's choices this is, from 0.</summary>
    public int Choice { get; init; }

    /// <summary>What an offer costs at most for this request.</summary>
    public TokenAmount NodeCeiling(ModelOffer offer)
    {
        ArgumentNullException.ThrowIfNull(offer);
        return UsagePrice.Of(offer.Price, Limit);
    }

    /// <summary>What an attempt can use that goes on after <paramref name="committed"/> tokens; prefilling those again is not paid.</summary>
    public Usage LimitAfter(int committed) =>
        Limit with { CompletionTokens = Limit.CompletionTokens - Math.Min((uint)committed, Limit.CompletionTokens) };

    /// <summary>The input bytes of an attempt that goes on after the committed tokens.</summary>
    public byte[] InputAfter(IReadOnlyCollection<int> committed)
    {
        ArgumentNullException.ThrowIfNull(committed);
        if (committed.Count == 0)
        {
            return Input.ToByteArray();
        }

        var input = Input.Clone();
        input.Generate.CommittedTokens.AddRange(committed);
        return input.ToByteArray();
    }
}
