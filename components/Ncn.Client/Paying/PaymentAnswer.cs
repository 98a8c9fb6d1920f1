using Ncn.Payments.X402;

namespace Ncn.Client.Paying;

/// <summary>What an answer says of its payment.</summary>
public static class PaymentAnswer
{
    /// <summary>The header PAYMENT-RESPONSE; null when there is none, as for a free answer.</summary>
    /// <exception cref="PaymentException">The header cannot be read.</exception>
    public static SettlementResponse? Read(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (!response.Headers.TryGetValues(X402Header.Response, out var values))
        {
            return null;
        }

        return X402Header.Decode<SettlementResponse>(values.First(), out var problem)
            ?? throw new PaymentException($"The server's statement of the payment cannot be read: {problem}.");
    }
}
