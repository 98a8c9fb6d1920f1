namespace Ncn.Consensus.Http.Sending;

/// <summary>What waits for one peer. Bounded by bytes in each lane: the oldest goes first, since what was sent last is what the protocol would send again.</summary>
internal sealed class SendQueue(LinkLimits limits)
{
    private readonly Lock _turn = new();
    private readonly Queue<Outgoing>[] _lanes = [new(), new(), new()];
    private readonly int[] _bytes = new int[3];
    private readonly HashSet<Outgoing> _waiting = [];
    private long _dropped;

    /// <summary>Frames that were dropped because too much waited.</summary>
    internal long Dropped => Interlocked.Read(ref _dropped);

    internal bool IsEmpty
    {
        get
        {
            lock (_turn)
            {
                return _waiting.Count == 0;
            }
        }
    }

    internal void Add(Outgoing frame)
    {
        var lane = (int)frame.Lane;
        lock (_turn)
        {
            if (!_waiting.Add(frame))
            {
                return;
            }

            _lanes[lane].Enqueue(frame);
            _bytes[lane] += frame.Frame.Length;
            while (_bytes[lane] > MostOf(frame.Lane) && _lanes[lane].Count > 1)
            {
                Remove(lane);
                _dropped++;
            }
        }
    }

    /// <summary>Puts the next frames into a buffer, the urgent ones first.</summary>
    /// <param name="most">Bytes to stop at; the first frame goes in whatever its length.</param>
    /// <returns>How many bytes they are; 0 when nothing waits.</returns>
    internal int Take(ref byte[] buffer, int most)
    {
        var length = 0;
        lock (_turn)
        {
            for (var lane = 0; lane < _lanes.Length; lane++)
            {
                while (_lanes[lane].TryPeek(out var next) && (length == 0 || length + next.Frame.Length <= most))
                {
                    Append(ref buffer, length, next.Frame);
                    length += next.Frame.Length;
                    Remove(lane);
                }
            }
        }

        return length;
    }

    /// <summary>Forgets everything: it was for a connection that is gone, and what still matters is sent again.</summary>
    internal void Clear()
    {
        lock (_turn)
        {
            Array.ForEach(_lanes, static lane => lane.Clear());
            Array.Clear(_bytes);
            _waiting.Clear();
        }
    }

    private static void Append(ref byte[] buffer, int length, byte[] frame)
    {
        if (buffer.Length < length + frame.Length)
        {
            Array.Resize(ref buffer, Math.Max(2 * buffer.Length, length + frame.Length));
        }

        frame.CopyTo(buffer, length);
    }

    private void Remove(int lane)
    {
        var frame = _lanes[lane].Dequeue();
        _bytes[lane] -= frame.Frame.Length;
        _waiting.Remove(frame);
    }

    private int MostOf(Lane lane) => lane switch
    {
        Lane.Votes => limits.VoteBytes,
        Lane.Bodies => limits.BodyBytes,
        _ => limits.OtherBytes,
    };
}
