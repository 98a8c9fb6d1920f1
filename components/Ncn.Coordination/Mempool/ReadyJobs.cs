using System.Numerics;

namespace Ncn.Coordination.Mempool;

/// <summary>The jobs that may be handed out, and who of them goes first.</summary>
/// <remarks>
/// (1) While jobs are overdue, every second turn goes to the oldest of them; (2) any other turn goes to the highest fee class; (3) inside
/// a class payers take turns, one job each, a payer that comes anew at the end of the round; (4) of one payer's jobs the best-paid goes
/// first, then the oldest, then the lowest id. So nobody starves, and no number of jobs gives a payer more than its turn in its class.
/// </remarks>
internal sealed class ReadyJobs
{
    private const int Classes = 129;
    private readonly JobHeap<ByAge> _byAge = new();
    private readonly (PayerLine? First, PayerLine? Last)[] _rounds = new (PayerLine?, PayerLine?)[Classes];
    private readonly ulong[] _filled = new ulong[(Classes + 63) / 64];
    private bool _overdueHadItsTurn;

    internal JobEntry? Oldest => _byAge.First;

    internal void Add(JobEntry entry)
    {
        var line = entry.Account.LineOf(entry.Job.FeeClass);
        if (line.Jobs.Count == 0)
        {
            Append(line);
        }

        entry.Line = line;
        line.Jobs.Add(entry);
        _byAge.Add(entry);
    }

    internal void Remove(JobEntry entry)
    {
        if (entry.Line is not { } line)
        {
            return;
        }

        entry.Line = null;
        _byAge.Remove(entry);
        line.Jobs.Remove(entry);
        if (line.Jobs.Count == 0)
        {
            Unlink(line);
            line.Account.Lines.Remove(line);
        }
    }

    /// <summary>Takes out whose turn it is; null when none is ready.</summary>
    internal JobEntry? TakeNext(ulong now, MempoolLimits limits)
    {
        if (_byAge.First is not { } oldest)
        {
            return null;
        }

        _overdueHadItsTurn = !_overdueHadItsTurn && oldest.Job.SubmittedAt + limits.PatienceMilliseconds <= now;
        if (_overdueHadItsTurn)
        {
            Remove(oldest);
            return oldest;
        }

        var line = _rounds[HighestClass()].First!;
        var next = line.Jobs.First!;
        Unlink(line);
        if (line.Jobs.Count > 1)
        {
            Append(line);
        }

        Remove(next);
        return next;
    }

    private int HighestClass()
    {
        var word = _filled.Length - 1;
        while (_filled[word] == 0)
        {
            word--;
        }

        return (word * 64) + BitOperations.Log2(_filled[word]);
    }

    private void Append(PayerLine line)
    {
        ref var round = ref _rounds[line.FeeClass];
        line.Previous = round.Last;
        if (round.Last is { } last)
        {
            last.Next = line;
        }
        else
        {
            round.First = line;
            _filled[line.FeeClass / 64] |= 1UL << (line.FeeClass % 64);
        }

        round.Last = line;
    }

    // A line that is in no round any more is left as it is.
    private void Unlink(PayerLine line)
    {
        ref var round = ref _rounds[line.FeeClass];
        if (line.Previous is null && round.First != line)
        {
            return;
        }

        (line.Previous is { } before ? ref before.Next : ref round.First) = line.Next;
        (line.Next is { } after ? ref after.Previous : ref round.Last) = line.Previous;
        (line.Previous, line.Next) = (null, null);
        if (round.First is null)
        {
            _filled[line.FeeClass / 64] &= ~(1UL << (line.FeeClass % 64));
        }
    }
}
