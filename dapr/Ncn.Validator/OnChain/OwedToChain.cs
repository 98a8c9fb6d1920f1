using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Durable;

namespace Ncn.Validator.OnChain;

/// <summary>A checkpoint with a quorum.</summary>
/// <param name="Signatures">By the signers' places, ascending.</param>
internal sealed record OwedCheckpoint(Checkpoint Checkpoint, ImmutableSortedDictionary<int, Signature> Signatures);

/// <summary>Two votes, or two checkpoints, of one key that exclude each other.</summary>
internal sealed record OwedEvidence(Address Key, ulong Epoch, Signed<Vote>? FirstVote, Signed<Vote>? SecondVote, Signed<Checkpoint>? First, Signed<Checkpoint>? Second);

/// <summary>What the chain is to be told and has not confirmed yet.</summary>
internal sealed record Owed(ImmutableArray<OwedCheckpoint> Checkpoints, ImmutableArray<OwedEvidence> Evidence);

/// <summary>Keeps what is owed to the chain, in a file that is replaced whole: it is told at least once, whatever happens in between. Safe for concurrent use.</summary>
internal sealed class OwedToChain(IDisk disk, string path)
{
    private readonly KeptRecord<Owed> _kept = new(disk, path, new Owed([], []));

    internal Owed All => _kept.Value;

    /// <summary>Of each epoch the last one counts, and of the newest epoch the newest.</summary>
    internal void Add(OwedCheckpoint checkpoint) => Change(owed => owed with
    {
        Checkpoints = [.. owed.Checkpoints.Where(other => other.Checkpoint.Epoch != checkpoint.Checkpoint.Epoch || other.Checkpoint.Height > checkpoint.Checkpoint.Height).Append(checkpoint).OrderBy(static other => other.Checkpoint.Height)],
    });

    internal void Add(Evidence evidence, Address key)
    {
        var owed = evidence switch
        {
            Evidence.Votes votes => new OwedEvidence(key, votes.Epoch, votes.First, votes.Second, null, null),
            Evidence.Checkpoints checkpoints => new OwedEvidence(key, checkpoints.Epoch, null, null, checkpoints.First, checkpoints.Second),
            _ => throw new ArgumentException($"{evidence.GetType().Name} is no evidence that the chain takes.", nameof(evidence)),
        };
        Change(all => all.Evidence.Any(other => other.Key == key && other.Epoch == owed.Epoch) ? all : all with { Evidence = all.Evidence.Add(owed) });
    }

    /// <summary>The chain has it, or will never take it.</summary>
    internal void Remove(OwedEvidence evidence) => Change(all => all with { Evidence = all.Evidence.RemoveAll(other => other.Key == evidence.Key && other.Epoch == evidence.Epoch) });

    internal void RemoveCheckpoints(Func<Checkpoint, bool> isDone) => Change(all => all.Checkpoints.Any(owed => isDone(owed.Checkpoint)) ? all with { Checkpoints = all.Checkpoints.RemoveAll(owed => isDone(owed.Checkpoint)) } : all);

    private void Change(Func<Owed, Owed> change) => _kept.Change(change);
}
