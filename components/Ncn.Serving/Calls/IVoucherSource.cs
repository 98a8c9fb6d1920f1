using Ncn.Payments.X402;

namespace Ncn.Serving.Calls;

/// <summary>How a client that is being answered is asked for more payment, where its transport carries that: a socket.</summary>
public interface IVoucherSource
{
    /// <summary>Tells the client what the request needs to go on. Throws <see cref="OperationCanceledException"/> when it is gone.</summary>
    Task AskAsync(PaymentRequired demand);

    /// <summary>The next payment that it sent (base64 of JSON). Throws <see cref="OperationCanceledException"/> when none comes in time.</summary>
    ValueTask<string> NextAsync(CancellationToken cancellationToken);
}
