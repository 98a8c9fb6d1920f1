using System.Reflection;
using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Simulation.Consensus;

/// <summary>What must hold of all validators together, at every step.</summary>
internal sealed class ConsensusInvariants(RegistryTwin registry)
{
    internal const string OneFinalBlock = "one final block of a height";
    internal const string HeightsContiguous = "heights follow each other, and tails have none";
    internal const string VoteAfterRows = "a vote leaves after its rows are durable";
    internal const string VotesAgree = "no two votes of an honest key exclude each other";
    internal const string BlockOfLeader = "a notarized block is of its view's leader";
    internal const string SkipsNullified = "a notarized block skips only nullified views";
    internal const string EpochAfterProof = "an epoch's votes leave after the end of the one before is durable";
    internal const string NothingFalls = "views, floors and marks never fall";
    internal const string MemoryBounded = "a validator's memory is bounded";
    internal const string NotarizedIsHeld = "who notarized a block holds it";
    internal const string HonestNotAccused = "nobody honest is accused";
    internal const string EvidenceCounts = "evidence is what the contract takes";
    internal const string NobodyHalts = "no honest validator halts";
    internal const string EquivocationFound = "every equivocation is evidence";
    internal const string CheckpointIsFinal = "what the chain accepts is final";

    /// <summary>Every one.</summary>
    internal static IReadOnlyList<string> All { get; } =
        [.. typeof(ConsensusInvariants).GetFields(BindingFlags.NonPublic | BindingFlags.Static).Where(static field => field.IsLiteral).Select(static field => (string)field.GetRawConstantValue()!)];

    private readonly Dictionary<ulong, Hash32> _final = [];
    private readonly Dictionary<(Address Key, ulong Epoch, ulong View), HashSet<Vote>> _cast = [];
    private readonly Dictionary<(Address Key, ulong Epoch, ulong View), HashSet<Vote>> _heard = [];

    /// <summary>Byzantine keys of which honest validators have heard two votes, in calm weather, that exclude each other, with the epoch and when first.</summary>
    internal Dictionary<(Address Key, ulong Epoch), ulong> Equivocators { get; } = [];

    internal HashSet<(Address Key, ulong Epoch)> Accused { get; } = [];

    /// <summary>Keys that somebody else has signed with in an epoch that was over: whoever gives them away is blamed for it.</summary>
    internal HashSet<(Address Key, ulong Epoch)> Sold { get; } = [];

    internal ulong Height => (ulong)_final.Count;

    /// <summary>A third or more is Byzantine: the chain may fork, and then somebody is to be blamed for it.</summary>
    internal bool MayFork { get; init; }

    internal bool HasForked { get; private set; }

    internal List<string> Halts { get; } = [];

    /// <summary>I1, I7.</summary>
    internal void Delivered(string who, Block block, ulong last)
    {
        Must.Hold(block.Height == last + 1 && block.Header.Kind != BlockKind.Tail, HeightsContiguous, () => $"{who} delivers the {block} after height {last}");
        Decided(who, block);
    }

    /// <summary>I1: what a client was told is final stays so, whoever crashes.</summary>
    internal void Decided(string who, Block block)
    {
        var isOne = _final.TryAdd(block.Height, block.Hash) || _final[block.Height] == block.Hash;
        HasForked |= !isOne;
        Must.Hold(isOne || MayFork, OneFinalBlock, () => $"{who} has another block of height {block.Height}");
    }

    /// <summary>I2, I3, I10: an honest vote leaves.</summary>
    /// <param name="isGuarded">Its guard row is durable.</param>
    /// <param name="hasGrounds">What it stands on is durable.</param>
    internal void Cast(string who, Address key, Vote vote, bool isGuarded, bool hasGrounds, bool isEpochProven)
    {
        Must.Hold(isGuarded && hasGrounds, VoteAfterRows, () => $"{who} casts {vote}, guard row {(isGuarded ? "durable" : "not durable")}, grounds {(hasGrounds ? "durable" : "not durable")}");
        Must.Hold(isEpochProven, EpochAfterProof, () => $"{who} casts {vote}");
        var others = Of(_cast, key, vote);
        others.Add(vote);
        Must.Hold(others.All(other => !Evidence.Conflict(other, vote)), VotesAgree, () => $"{who} casts {vote} after {string.Join(", ", others)}");
    }

    /// <summary>Whether an honest key has cast the vote before.</summary>
    internal bool HasCast(Address key, Vote vote) => Of(_cast, key, vote).Contains(vote);

    /// <summary>I6: an honest validator notarizes a block; the certificates that it stands on are durable.</summary>
    internal static void Notarized(string who, EpochSettings epoch, BlockHeader header, Func<ulong, bool> isNullified)
    {
        Must.Hold(
            header.Proposer == epoch.Leaders.LeaderOf(header.View), BlockOfLeader,
            () => $"{who} notarizes a block of {header.Proposer} in view {header.View}, which {epoch.Leaders.LeaderOf(header.View)} leads");
        for (var view = header.ParentView + 1; view < header.View; view++)
        {
            Must.Hold(isNullified(view), SkipsNullified, () => $"{who} notarizes a block of view {header.View} on view {header.ParentView}, and view {view} has no Nullification");
        }
    }

    /// <summary>An honest validator in calm weather hears a Byzantine one.</summary>
    internal void Heard(Address key, Vote vote, ulong now)
    {
        var others = Of(_heard, key, vote);
        others.Add(vote);
        if (others.Any(other => Evidence.Conflict(other, vote)))
        {
            Equivocators.TryAdd((key, vote.Epoch), now);
        }
    }

    /// <summary>An honest validator accuses.</summary>
    internal void Accuse(string who, Evidence evidence, Address key, ValidatorSet set, Func<Address, bool> isHonest)
    {
        Must.Hold(registry.Slash(evidence, set) == key, EvidenceCounts, () => $"{who}: {evidence} against {key}");
        Must.Hold(!isHonest(key) || Sold.Contains((key, evidence.Epoch)), HonestNotAccused, () => $"{who} accuses {evidence.Signer}: {evidence}");
        Accused.Add((key, evidence.Epoch));
    }

    /// <summary>I11: the chain has accepted a checkpoint.</summary>
    internal void Accepted(Checkpoint checkpoint) => Must.Hold(
        MayFork || (_final.TryGetValue(checkpoint.Height, out var final) && final == checkpoint.BlockHash), CheckpointIsFinal, () => $"{checkpoint}");

    /// <summary>I4, I8: one step of an honest validator.</summary>
    internal static void Stepped(string who, ConsensusState before, ConsensusState after)
    {
        if (after.Epoch.Number == before.Epoch.Number)
        {
            Must.Hold(
                after.View >= before.View && after.FinalView >= before.FinalView && after.Guard.Floor >= before.Guard.Floor && after.Delivered.Height >= before.Delivered.Height
                && (before.Guard.Mark?.Height ?? 0) <= (after.Guard.Mark?.Height ?? 0),
                NothingFalls, () => $"{who}: view {before.View}, then {after.View}; final {before.FinalView}, then {after.FinalView}");
        }

        var (limits, members) = (after.Limits, after.Epoch.Set.Members.Length);
        var open = after.View - Math.Min(after.View, after.FinalView);
        Must.Hold(
            (ulong)after.Votes.Count <= open + limits.FutureViews + limits.PastViews + 1 && (ulong)after.Past.Count <= limits.PastViews
            && after.VotesOf(after.View).Votes.Length <= 5 * members && (ulong)after.Tree.Entries.Count <= (4 * (open + limits.FutureViews)) + (2 * (after.FinalView - Math.Min(after.FinalView, after.Delivered.View))) + 16
            && after.Earlier.Count <= limits.PastEpochs && after.Earlier.Values.All(epoch => (ulong)epoch.Votes.Count <= epoch.View - epoch.FinalView + limits.FutureViews + limits.PastViews + 1)
            && after.Asked.Count <= limits.MaxFetches && after.Checkpoints.ByHeight.Count <= limits.MaxOpenCheckpoints + after.Checkpoints.Ends.Count,
            MemoryBounded, () => $"{who}: votes of {after.Votes.Count} views, {after.VotesOf(after.View).Votes.Length} in the own one, {after.Tree.Entries.Count} blocks, {open} open views");
    }

    /// <summary>A1: who signed a Notarization has the block, unless it lost its disk since.</summary>
    internal static void Held(string who, VerifiedCertificate certificate, IEnumerable<(string Name, bool Holds)> signers)
    {
        foreach (var (name, holds) in signers)
        {
            Must.Hold(holds, NotarizedIsHeld, () => $"{name} has not what it notarized in view {certificate.View}, as {who} knows");
        }
    }

    internal void Halted(string who, string reason)
    {
        Halts.Add(who);
        Must.Hold(MayFork, NobodyHalts, () => $"{who}: {reason}");
    }

    private static HashSet<Vote> Of(Dictionary<(Address Key, ulong Epoch, ulong View), HashSet<Vote>> votes, Address key, Vote vote)
    {
        var place = (key, vote.Epoch, vote.View);
        if (!votes.TryGetValue(place, out var known))
        {
            votes[place] = known = [];
        }

        return known;
    }
}
