using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Simulation.Consensus;

/// <summary>A set of the chain, and since when it is there.</summary>
internal sealed record Snapshot(uint Id, ValidatorSet Set, ulong At);

/// <summary>What the chain has accepted, and when.</summary>
internal sealed record AcceptedCheckpoint(Checkpoint Checkpoint, ulong At);

/// <summary>ValidatorRegistry's rules for snapshots, checkpoints and evidence, written down a second time (Checkpoints.sol, ConsensusRules.sol, Equivocation.sol).</summary>
internal sealed class RegistryTwin
{
    private readonly Dictionary<ulong, ValidatorSet> _sets = [];
    private readonly List<Snapshot> _snapshots = [];
    private readonly List<AcceptedCheckpoint> _accepted = [];
    private readonly HashSet<(Address Key, ulong Epoch)> _slashed = [];

    internal RegistryTwin(ValidatorSet first)
    {
        _sets[1] = first;
        _snapshots.Add(new Snapshot(1, first, 0));
    }

    internal IReadOnlyList<Snapshot> Snapshots => _snapshots;

    internal IReadOnlyList<AcceptedCheckpoint> Accepted => _accepted;

    internal ulong Height => _accepted.Count == 0 ? 0 : _accepted[^1].Checkpoint.Height;

    internal void Add(ValidatorSet set, ulong now) => _snapshots.Add(new Snapshot((uint)_snapshots.Count + 1, set, now));

    internal ValidatorSet SetOf(Hash32 hash) => _snapshots.First(snapshot => snapshot.Set.Hash == hash).Set;

    /// <summary>What it accepted of a height; null for nothing.</summary>
    internal AcceptedCheckpoint? At(ulong height) => _accepted.Find(accepted => accepted.Checkpoint.Height == height);

    /// <summary>The epoch that it is in: an epoch's last checkpoint opens the next one, and nothing else does.</summary>
    internal ulong Epoch { get; private set; } = 1;

    /// <summary>Whether it takes the checkpoint: of its epoch, higher than the last one, by more than two thirds of that epoch's stake.</summary>
    internal bool Accepts(Checkpoint checkpoint, IEnumerable<int> signers, ulong now)
    {
        var (set, signed) = (_sets[Epoch], UInt128.Zero);
        if (checkpoint.Epoch != Epoch || checkpoint.Height <= Height)
        {
            return false;
        }

        foreach (var signer in signers.Distinct())
        {
            signed += signer < set.Members.Length ? set.Members[signer].Weight : 0;
        }

        if (3 * signed <= 2 * set.TotalWeight)
        {
            return false;
        }

        _accepted.Add(new AcceptedCheckpoint(checkpoint, now));
        if (!checkpoint.NextSetHash.IsZero)
        {
            _sets[++Epoch] = SetOf(checkpoint.NextSetHash);
        }

        return true;
    }

    /// <summary>Whom it slashes for the evidence; null for nobody. Who was slashed in that epoch stays so.</summary>
    internal Address? Slash(Evidence evidence, ValidatorSet set)
    {
        var (conflict, epoch) = evidence switch
        {
            Evidence.Votes { First.Message: var first, Second.Message: var second } => (Conflict(first, second), first.Epoch),
            Evidence.Checkpoints { First.Message: var first, Second.Message: var second } => (first.Height == second.Height && first != second, Math.Max(first.Epoch, second.Epoch)),
            _ => (false, 0UL),
        };
        if (!conflict || evidence.Signer >= set.Members.Length)
        {
            return null;
        }

        var key = set.Members[evidence.Signer].Key;
        _slashed.Add((key, epoch));
        return key;
    }

    internal bool IsSlashed(Address key) => _slashed.Any(slashed => slashed.Key == key);

    // ConsensusRules._conflict: pairs of one epoch and view that no honest one signs both.
    private static bool Conflict(Vote a, Vote b)
    {
        if (a.Epoch != b.Epoch || a.View != b.View || !IsWellFormed(a) || !IsWellFormed(b))
        {
            return false;
        }

        if (a.Kind == VoteKind.Nullify || b.Kind == VoteKind.Nullify)
        {
            return a.Kind == VoteKind.Finalize || b.Kind == VoteKind.Finalize;
        }

        return a.BlockHash != b.BlockHash;
    }

    private static bool IsWellFormed(Vote vote) => vote.Kind is VoteKind.Notarize or VoteKind.Nullify or VoteKind.Finalize && vote.BlockHash.IsZero == (vote.Kind == VoteKind.Nullify);
}
