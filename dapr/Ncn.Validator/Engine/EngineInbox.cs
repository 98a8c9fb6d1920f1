namespace Ncn.Validator.Engine;

/// <summary>What waits for the engine's thread. Anybody may post; one thread takes, all at once.</summary>
/// <remarks>Bounded: a flood of messages is dropped here, since whatever is lost is sent again (rule V12); the engine's own work never is.</remarks>
internal sealed class EngineInbox
{
    /// <summary>Messages that wait at most.</summary>
    internal const int Most = 16_384;

    private readonly Lock _lock = new();
    private readonly object _signal = new();
    private List<Action> _waiting = new(256);
    private bool _isClosed;
    private bool _isWoken;
    private long _dropped;

    /// <summary>Messages that were dropped because too many waited.</summary>
    internal long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>False when there is no room, or when the engine has stopped.</summary>
    internal bool TryPost(Action work)
    {
        lock (_lock)
        {
            if (_isClosed || _waiting.Count >= Most)
            {
                _dropped += _isClosed ? 0 : 1;
                return false;
            }

            _waiting.Add(work);
        }

        Wake();
        return true;
    }

    /// <summary>For what must not be lost while the engine runs.</summary>
    internal void Post(Action work)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _waiting.Add(work);
        }

        Wake();
    }

    /// <summary>Waits for work, at most so long, and gives all there is; <paramref name="spare"/> is taken for what comes next.</summary>
    internal List<Action> Take(List<Action> spare, TimeSpan atMost)
    {
        spare.Clear();
        lock (_signal)
        {
            if (IsEmpty() && !_isWoken && atMost > TimeSpan.Zero)
            {
                Monitor.Wait(_signal, atMost);
            }

            _isWoken = false;
        }

        lock (_lock)
        {
            (var taken, _waiting) = (_waiting, spare);
            return taken;
        }
    }

    /// <summary>Nothing is taken any more.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }

        Wake();
    }

    private bool IsEmpty()
    {
        lock (_lock)
        {
            return _waiting.Count == 0 && !_isClosed;
        }
    }

    /// <summary>A round begins although nothing was posted.</summary>
    internal void Wake()
    {
        lock (_signal)
        {
            _isWoken = true;
            Monitor.Pulse(_signal);
        }
    }
}
