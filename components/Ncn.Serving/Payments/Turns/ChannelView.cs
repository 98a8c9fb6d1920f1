using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Serving.Payments.Turns;

/// <summary>What this process knows of a channel's books: the actor's last word, and what it has promised payers since.</summary>
internal sealed class ChannelView
{
    private ChannelResult? _last;
    private TokenAmount _charged;
    private TokenAmount _freed;

    /// <summary>True when the last word had charges that were not ours: another process is paid on the channel too.</summary>
    public bool IsShared { get; private set; }

    /// <summary>The books with all promises kept; null before the actor's first word.</summary>
    public ChannelResult? Current => _last is null ? null : _last with
    {
        Charged = _last.Charged + _charged,
        Reserved = TokenAmount.SubtractOrZero(_last.Reserved, _freed),
    };

    /// <summary>The books with one more charge.</summary>
    public ChannelResult Promise(ChannelResult basis, Promise promise)
    {
        _last ??= basis;
        _charged += promise.Charged;
        _freed += promise.Freed;
        return Current! with { Outcome = ChannelOutcome.Accepted, KeyAmount = promise.Charged };
    }

    /// <summary>A promise is done, or will not be.</summary>
    public void Settle(Promise promise)
    {
        _charged = TokenAmount.SubtractOrZero(_charged, promise.Charged);
        _freed = TokenAmount.SubtractOrZero(_freed, promise.Freed);
    }

    /// <summary>The actor's word after a batch.</summary>
    /// <param name="ours">What the batch charged.</param>
    public void Learn(ChannelResult last, TokenAmount ours)
    {
        IsShared |= _last is { } before && last.Charged != before.Charged + ours;
        _last = last;
    }
}
