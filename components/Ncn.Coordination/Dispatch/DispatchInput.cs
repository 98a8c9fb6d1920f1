using System.Collections.Immutable;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Coordination.Dispatch;

/// <summary>A node's offer of one model, with the load that its last heartbeat told.</summary>
/// <param name="FreeSlots">Requests that it could start.</param>
/// <param name="Queued">Requests that wait in it.</param>
public sealed record DispatchOffer(NodeRecord Node, ModelOffer Offer, uint FreeSlots, uint Queued)
{
    /// <summary>Whether the subnet takes the node for alive.</summary>
    public MemberStanding Standing { get; init; }

    /// <summary>The validators have found that the node's answers come from this very build, and check it as often as the subnet asks for.</summary>
    public bool IsVerified { get; init; }

    /// <summary>How far the subnet's gateways take it at its word about its free slots, permille.</summary>
    public uint Score { get; init; } = CapacityScore.Full;
}

/// <summary>What one run wants of a node.</summary>
/// <param name="Models">Names of models, the preferred one first; the others do when no node can run it.</param>
/// <param name="PromptTokens">The most that it can use, as are the other counts: they decide what an offer costs.</param>
/// <param name="MaxNodePrice">The most that a node may cost.</param>
/// <param name="Deadline">Unix milliseconds; nothing begins from then on.</param>
public sealed record DispatchQuery(
    ImmutableArray<string> Models, uint PromptTokens, uint CompletionTokens, uint Rows, TokenAmount MaxNodePrice, ulong Deadline)
{
    /// <summary>The one node that may run it; null for any. It is never hedged and never moved.</summary>
    public Address? Node { get; init; }

    /// <summary>What the client wants.</summary>
    public RoutingPreferences Preferences { get; init; } = RoutingPreferences.None;

    /// <summary>Whether a second node may be started when the first is slow.</summary>
    public bool MayHedge { get; init; } = true;

    /// <summary>Hashes of the beginnings of the prompt, the longest first: a node that saw one has its work in its cache.</summary>
    public ImmutableArray<ulong> Prefixes { get; init; } = [];
}

/// <summary>Why an attempt ended without a receipt.</summary>
public enum DispatchFailure
{
    /// <summary>It has no room now.</summary>
    Busy,

    /// <summary>It did not take the payment and said why; the same node may be asked again at once.</summary>
    Unsettled,

    /// <summary>It could not be reached, or broke off.</summary>
    Died,

    /// <summary>What it sent is not what it signed: hash chain, signature, counts, price or fingerprints are wrong.</summary>
    False,
}

/// <summary>What can happen. Time comes in as unix milliseconds, luck as 64 random bits.</summary>
public abstract record DispatchInput(ulong Now)
{
    /// <summary>The subnet's nodes, all of them.</summary>
    public sealed record Nodes(ulong Now, ImmutableArray<DispatchOffer> Offers) : DispatchInput(Now);

    /// <summary>A run wants a node.</summary>
    public sealed record Arrive(ulong Now, ulong Run, DispatchQuery Query, ulong Draw) : DispatchInput(Now);

    /// <summary>An attempt delivered for the first time.</summary>
    public sealed record Output(ulong Now, ulong Run, uint Number) : DispatchInput(Now);

    /// <summary>An attempt failed.</summary>
    public sealed record Fail(ulong Now, ulong Run, uint Number, DispatchFailure Failure, ulong Draw) : DispatchInput(Now);

    /// <summary>An attempt ended with a receipt.</summary>
    /// <param name="Tokens">Delivered by this attempt.</param>
    /// <param name="GenerationMilliseconds">From its first token to its last.</param>
    public sealed record Finish(ulong Now, ulong Run, uint Number, uint Tokens, ulong GenerationMilliseconds) : DispatchInput(Now);

    /// <summary>Nobody wants the run any more; its nodes are not judged by it.</summary>
    public sealed record Abandon(ulong Now, ulong Run) : DispatchInput(Now);

    /// <summary>The time of a <see cref="DispatchOutput.Wake"/> has come.</summary>
    public sealed record Tick(ulong Now, ulong Run, ulong Draw) : DispatchInput(Now);
}

/// <summary>Why a run ends without an answer.</summary>
public enum GiveUpReason
{
    /// <summary>No node that may run it has room.</summary>
    NoRoom,

    /// <summary>Nodes failed it, and no other can go on.</summary>
    Failed,
}

/// <summary>What the shell is to do for the run that the input was about.</summary>
public abstract record DispatchOutput
{
    private DispatchOutput()
    {
    }

    /// <summary>Start an attempt.</summary>
    /// <param name="Number">0 for the run's first, rising.</param>
    public sealed record Start(uint Number, NodeRecord Node, ModelOffer Offer, bool IsHedge) : DispatchOutput;

    /// <summary>Hand on what this attempt delivers: it was the first.</summary>
    public sealed record Follow(uint Number) : DispatchOutput;

    /// <summary>Stop an attempt that another one has beaten.</summary>
    public sealed record Stop(uint Number) : DispatchOutput;

    /// <summary>Come back with a Tick at this time, unless something happens before.</summary>
    public sealed record Wake(ulong At) : DispatchOutput;

    /// <summary>The run is over.</summary>
    public sealed record GiveUp(GiveUpReason Reason) : DispatchOutput;
}
