namespace Ncn.Client.Paying;

/// <summary>A payment that this client refused to make, or an answer to one that it does not accept. Nothing more was signed.</summary>
public sealed class PaymentException : Exception
{
    public PaymentException(string message)
        : base(message)
    {
    }

    public PaymentException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public PaymentException()
    {
    }
}
