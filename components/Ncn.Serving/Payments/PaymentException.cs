using Ncn.Payments.X402;

namespace Ncn.Serving.Payments;

/// <summary>A request is not paid, or not in a way that can be taken.</summary>
public sealed class PaymentException : Exception
{
    public PaymentException(int status, string error, PaymentRequirements? requirements, string? message = null)
        : base(message ?? error) => (Status, Error, Requirements) = (status, error, requirements);

    public PaymentException()
        : this(402, BatchSettlementError.InvalidPayload, null)
    {
    }

    public PaymentException(string message)
        : this(402, BatchSettlementError.InvalidPayload, null, message)
    {
    }

    public PaymentException(string message, Exception innerException)
        : base(message, innerException) => (Status, Error) = (402, BatchSettlementError.InvalidPayload);

    /// <summary>402 when payment would do, 400 when the payment header is malformed.</summary>
    public int Status { get; }

    /// <summary>An x402 error code.</summary>
    public string Error { get; }

    /// <summary>What to pay; null with status 400.</summary>
    public PaymentRequirements? Requirements { get; }
}
