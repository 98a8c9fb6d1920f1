using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Ncn.Payments.X402;
using Ncn.Serving.Calls;
using Ncn.Serving.Streaming.Frames;

namespace Ncn.Serving.Streaming.Calls;

/// <summary>The vouchers that a client sends for a request that runs, in order; the newest few are kept.</summary>
/// <param name="id">The client's name for the request.</param>
internal sealed class VoucherInbox(string id, Func<ReadOnlyMemory<byte>, Task> send) : IVoucherSource
{
    private const int MaxWaiting = 4;

    private readonly FrameWriter _frames = new(id);
    private readonly Channel<string> _vouchers = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Takes a payment in the form of PAYMENT-SIGNATURE. A larger voucher replaces a smaller one, so the oldest may go.</summary>
    public void Put(string payment) => _vouchers.Writer.TryWrite(payment);

    public Task AskAsync(PaymentRequired demand)
    {
        var headers = new HeaderDictionary { [X402Header.Required] = X402Header.Encode(demand) };
        return _vouchers.Reader.TryPeek(out _)
            ? Task.CompletedTask
            : send(_frames.PaymentRequired(StatusCodes.Status402PaymentRequired, headers, default));
    }

    public ValueTask<string> NextAsync(CancellationToken cancellationToken) => _vouchers.Reader.ReadAsync(cancellationToken);
}
