namespace Ncn.Validator.Engine;

/// <summary>
/// When the operations that wait are worth a block, since a block costs every validator the same whether it carries one or a hundred.
/// (1) At once, as a rule. (2) But who was answered probably asks again: after a block with so many operations, the next begins when as many
/// wait beside those that waited then. (3) And while a block with more operations than wait now is on its way, it is waited for. Neither longer than
/// the last block took, nor than <see cref="LongestWait"/>; (4) and when not half of (2) came, it is left out for the next <see cref="FirstRest"/> blocks,
/// each time twice as many.
/// </summary>
/// <remarks>A lone client never waits: it alone was answered. The engine's thread alone uses it.</remarks>
internal sealed class Gathering(TimeProvider time)
{
    /// <summary>What an operation waits at most for others.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(25);

    /// <summary>Blocks after one that was waited for in vain.</summary>
    internal const int FirstRest = 16;

    private const int LongestRest = 256;
    private readonly SortedDictionary<ulong, (int Operations, long Begun)> _onTheirWay = [];
    private TimeSpan _bound = LongestWait;
    private int _wanted;
    private int _enough;
    private long _decidedAt;
    private long? _since;
    private int _rest;
    private int _nextRest = FirstRest;
    private bool _isReady;

    /// <summary>When to ask again, while operations wait for others; null while none does.</summary>
    internal TimeSpan? Again => _since is not null && !_isReady ? LongestWait / 10 : null;

    /// <summary>A block was built or found valid.</summary>
    internal void Begun(ulong view, int operations) => _onTheirWay.TryAdd(view, (operations, time.GetTimestamp()));

    /// <summary>A block is final.</summary>
    /// <param name="waiting">Operations that wait for a block at this moment.</param>
    internal void Decided(ulong view, int operations, int waiting)
    {
        while (_onTheirWay.Count > 0 && _onTheirWay.First() is var (oldest, block) && oldest <= view)
        {
            var took = time.GetElapsedTime(block.Begun);
            _bound = took < LongestWait ? took : LongestWait;
            _onTheirWay.Remove(oldest);
        }

        (_wanted, _enough, _decidedAt) = (_rest > 0 ? 0 : operations + waiting, waiting + ((operations + 1) / 2), time.GetTimestamp());
        _rest -= _rest > 0 ? 1 : 0;
    }

    /// <summary>Another epoch: its views begin anew.</summary>
    internal void Clear() => _onTheirWay.Clear();

    /// <summary>Whether a block is to be made for these. Once it is, it stays so until none waits.</summary>
    internal bool IsReady(int waiting)
    {
        if (waiting == 0)
        {
            (_isReady, _since) = (false, null);
            return false;
        }

        _since ??= time.GetTimestamp();
        return _isReady = _isReady || (HaveCome(waiting) && (IsOver(_since.Value) || _onTheirWay.Values.All(block => block.Operations <= waiting)));
    }

    private bool HaveCome(int waiting)
    {
        if (waiting < _wanted && !IsOver(_decidedAt))
        {
            return false;
        }

        if (_wanted > 0)
        {
            (_rest, _nextRest) = waiting < _enough ? (_nextRest, Math.Min(2 * _nextRest, LongestRest)) : (0, FirstRest);
            _wanted = 0;
        }

        return true;
    }

    private bool IsOver(long since) => time.GetElapsedTime(since) >= _bound;
}
