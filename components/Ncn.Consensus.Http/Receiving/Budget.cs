namespace Ncn.Consensus.Http.Receiving;

/// <summary>So much a second, and a second's worth at once. Whoever takes more waits until it is paid for.</summary>
internal sealed class Budget(int perSecond, TimeProvider time)
{
    private double _left = perSecond;
    private long _at = time.GetTimestamp();

    /// <summary>Takes an amount; it may go below zero.</summary>
    internal void Take(int amount) => _left -= amount;

    /// <summary>How long to wait before the next is read.</summary>
    internal TimeSpan Wait()
    {
        if (_left >= 0)
        {
            return TimeSpan.Zero;
        }

        var now = time.GetTimestamp();
        _left = Math.Min(perSecond, _left + (perSecond * time.GetElapsedTime(_at, now).TotalSeconds));
        _at = now;
        return _left >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_left / perSecond);
    }
}
