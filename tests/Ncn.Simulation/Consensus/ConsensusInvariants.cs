using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Simulation.Consensus;

/// <summary>What must hold of all validators together, at every step.</summary>
internal sealed class ConsensusInvariants(EpochSettings epoch)
{
    internal const string OneFinalBlock = "one final block of a height";
    internal const string VoteAfterRows = "a vote leaves after its rows are durable";
    internal const string VotesAgree = "no two votes of an honest key exclude each other";
    internal const string BlockOfLeader = "a notarized block is of its view's leader";
    internal const string SkipsNullified = "a notarized block skips only nullified views";
    internal const string HonestNotAccused = "nobody honest is accused";
    internal const string EvidenceCounts = "evidence is what the contract takes";
    internal const string NobodyHalts = "no honest validator halts";
    internal const string EquivocationFound = "every equivocation is evidence";

    private readonly Dictionary<ulong, Hash32> _final = [];
    private readonly Dictionary<(int Signer, ulong View), HashSet<Vote>> _cast = [];
    private readonly Dictionary<(int Signer, ulong View), HashSet<Vote>> _heard = [];

    /// <summary>Byzantine validators of which honest ones have heard two votes, in calm weather, that exclude each other, and when first.</summary>
    internal Dictionary<int, ulong> Equivocators { get; } = [];

    internal HashSet<int> Accused { get; } = [];

    internal ulong Height => (ulong)_final.Count;

    /// <summary>I1.</summary>
    internal void Delivered(string who, Block block) => Must.Hold(
        _final.TryAdd(block.Height, block.Hash) || _final[block.Height] == block.Hash, OneFinalBlock, () => $"{who} has another block of height {block.Height}");

    /// <summary>I2, I3: an honest vote leaves.</summary>
    internal void Cast(string who, int signer, Vote vote, bool isGuarded, bool hasGrounds, Block? block)
    {
        Must.Hold(isGuarded && hasGrounds, VoteAfterRows, () => $"{who} casts {vote}, guard row {(isGuarded ? "durable" : "not durable")}, grounds {(hasGrounds ? "durable" : "not durable")}");
        var others = Of(_cast, signer, vote.View);
        others.Add(vote);
        Must.Hold(others.All(other => !Evidence.Conflict(other, vote)), VotesAgree, () => $"{who} casts {vote} after {string.Join(", ", others)}");
        Must.Hold(
            block is null || block.Header.Proposer == epoch.Leaders.LeaderOf(vote.View), BlockOfLeader,
            () => $"{who} notarizes a block of {block!.Header.Proposer} in view {vote.View}, which {epoch.Leaders.LeaderOf(vote.View)} leads");
    }

    /// <summary>I6: an honest validator notarizes a block; the certificates that it stands on are durable.</summary>
    internal static void Notarized(string who, BlockHeader header, Func<ulong, bool> isNullified)
    {
        for (var view = header.ParentView + 1; view < header.View; view++)
        {
            Must.Hold(isNullified(view), SkipsNullified, () => $"{who} notarizes a block of view {header.View} on view {header.ParentView}, and view {view} has no Nullification");
        }
    }

    /// <summary>An honest validator hears a Byzantine one.</summary>
    internal void Heard(int signer, Vote vote, ulong now)
    {
        var others = Of(_heard, signer, vote.View);
        others.Add(vote);
        if (others.Any(other => Evidence.Conflict(other, vote)))
        {
            Equivocators.TryAdd(signer, now);
        }
    }

    internal void Accuse(string who, Evidence evidence, bool isHonest)
    {
        Must.Hold(!isHonest, HonestNotAccused, () => $"{who} accuses {evidence.Signer}: {evidence}");
        Must.Hold(
            evidence is Evidence.Checkpoints || (evidence is Evidence.Votes { First.Message: var first, Second.Message: var second } && Evidence.Conflict(first, second)),
            EvidenceCounts, () => $"{who}: {evidence}");
        Accused.Add(evidence.Signer);
    }

    internal void Halted(string who, string reason) => Must.Hold(false, NobodyHalts, () => $"{who}: {reason}");

    private static HashSet<Vote> Of(Dictionary<(int Signer, ulong View), HashSet<Vote>> votes, int signer, ulong view)
    {
        if (!votes.TryGetValue((signer, view), out var known))
        {
            votes[(signer, view)] = known = [];
        }

        return known;
    }
}
