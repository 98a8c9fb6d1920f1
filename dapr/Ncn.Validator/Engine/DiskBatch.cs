using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>What the core wants on the disk, until the next sync. Nothing is lost by waiting: what depends on it comes out of the core afterwards.</summary>
internal sealed class DiskBatch(TimeProvider time)
{
    /// <summary>How long rows that can wait are held at most, so that they share a sync with the next block's.</summary>
    internal static readonly TimeSpan LongestHold = TimeSpan.FromMilliseconds(5);

    private readonly List<DurableRow> _rows = [];
    private readonly List<Vote> _votes = [];
    private readonly List<ConsensusOutput.SignCheckpoint> _checkpoints = [];
    private ulong _written;
    private bool _isUrgent;
    private long _heldSince;

    /// <summary>Whether there is anything.</summary>
    internal bool IsEmpty => _rows.Count + _votes.Count + _checkpoints.Count == 0;

    /// <summary>Whether it is to go to the disk now.</summary>
    internal bool IsDue => _isUrgent || (_rows.Count > 0 && time.GetElapsedTime(_heldSince) >= LongestHold);

    internal void Add(ConsensusOutput.Persist persist)
    {
        _heldSince = _rows.Count == 0 ? time.GetTimestamp() : _heldSince;
        _rows.AddRange(persist.Rows);
        _written = persist.Sequence;
        _isUrgent |= !persist.CanWait;
    }

    internal void Add(Vote vote)
    {
        _votes.Add(vote);
        _isUrgent = true;
    }

    internal void Add(ConsensusOutput.SignCheckpoint checkpoint)
    {
        _checkpoints.Add(checkpoint);
        _isUrgent = true;
    }

    /// <summary>All of it; the batch is empty then.</summary>
    internal DiskWork Take()
    {
        var work = new DiskWork([.. _rows], _written, [.. _votes], [.. _checkpoints]);
        _rows.Clear();
        _votes.Clear();
        _checkpoints.Clear();
        _isUrgent = false;
        return work;
    }
}

/// <summary>What goes to the disk in one sync of the rows, and beside it one of the guard's.</summary>
/// <param name="Written">The number that is confirmed when the rows are durable.</param>
internal sealed record DiskWork(DurableRow[] Rows, ulong Written, Vote[] Votes, ConsensusOutput.SignCheckpoint[] Checkpoints)
{
    internal bool IsSigning => Votes.Length + Checkpoints.Length > 0;

    /// <summary>The guard's part.</summary>
    internal SigningBatch ToSign => new(Votes, [.. Checkpoints.Select(static sign => sign.Checkpoint)]);
}
