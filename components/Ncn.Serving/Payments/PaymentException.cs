using Ncn.Payments.X402;

namespace Ncn.Serving.Payments;

/// <summary>A request is not paid, or not in a way that can be taken.</summary>
public sealed class PaymentException : Exception
{
    public PaymentException(int status, string error, IReadOnlyList<PaymentRequirements> accepts, string? message = null)
        : base(message ?? error) => (Status, Error, Accepts) = (status, error, accepts);

    public PaymentException()
        : this(402, BatchSettlementError.InvalidPayload, [])
    {
    }

    public PaymentException(string message)
        : this(402, BatchSettlementError.InvalidPayload, [], message)
    {
    }

    public PaymentException(string message, Exception innerException)
        : base(message, innerException) => (Status, Error, Accepts) = (402, BatchSettlementError.InvalidPayload, []);

    /// <summary>402 when payment would do, 400 when the payment header is malformed.</summary>
    public int Status { get; }

    /// <summary>An x402 error code.</summary>
    public string Error { get; }

    /// <summary>How to pay; empty with status 400.</summary>
    public IReadOnlyList<PaymentRequirements> Accepts { get; }

    /// <summary>The failed settlement, for the header PAYMENT-RESPONSE; null when none was tried.</summary>
    public SettlementResponse? Settlement { get; init; }
}
