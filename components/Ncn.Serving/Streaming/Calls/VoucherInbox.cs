using System.Threading.Channels;

namespace Ncn.Serving.Streaming.Calls;

/// <summary>The vouchers that a client sends for a request that runs, in order; the newest few are kept.</summary>
internal sealed class VoucherInbox
{
    private const int MaxWaiting = 4;

    private readonly Channel<string> _vouchers = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Takes a payment in the form of PAYMENT-SIGNATURE. A larger voucher replaces a smaller one, so the oldest may go.</summary>
    public void Put(string payment) => _vouchers.Writer.TryWrite(payment);

    /// <summary>The next one. Throws <see cref="OperationCanceledException"/> when none comes in time.</summary>
    public ValueTask<string> NextAsync(CancellationToken cancellationToken) => _vouchers.Reader.ReadAsync(cancellationToken);
}
