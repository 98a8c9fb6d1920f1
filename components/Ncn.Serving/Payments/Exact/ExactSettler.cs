using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments.Exact;

/// <summary>Settles transfers: once each, however often it is asked and whoever sent the transaction.</summary>
public sealed class ExactSettler(GatewayIdentity identity, IPaymentChain chain, PaymentOffers offers, PaymentBook book)
{
    /// <summary>Settles, and says with which transaction. Throws <see cref="PaymentException"/> when it cannot be, or when that is not known yet.</summary>
    public async Task<SettlementResponse> SettleAsync(ExactPayload payload, RequestId request, TokenAmount price, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payload);
        var opened = await book.OpenAsync(payload, request);
        if (opened.Outcome == OpenPaymentOutcome.TooMany)
        {
            throw new ApiException(new ApiError(503, "payments_full", "Too many payments wait to be settled; repeat in a moment.") { RetryAfterSeconds = 2 });
        }

        return opened.Outcome != OpenPaymentOutcome.Accepted
            ? throw offers.Failed(price, ExactError.NonceUsed, payload.Authorization.From, "This payment pays for another request or was paid back.")
            : Settled(payload, await SendAsync(payload, price, cancellationToken));
    }

    /// <summary>The x402 code of a contract's error.</summary>
    public static string ErrorOf(string contractError) => contractError switch
    {
        "ERC20InsufficientBalance" => ExactError.InsufficientFunds,
        "ERC3009UsedAuthorization" => ExactError.NonceUsed,
        "ERC3009InvalidSignature" => ExactError.Signature,
        "ERC3009InvalidAuthorizationTime" => ExactError.ValidBefore,
        _ => ExactError.Simulation,
    };

    private async Task<Hash32> SendAsync(ExactPayload payload, TokenAmount price, CancellationToken cancellationToken)
    {
        var (id, transfer) = (payload.Id(), payload.Authorization);
        switch (await chain.TransferAsync($"exact:{id}", payload, cancellationToken))
        {
            case RelayOutcome.Mined mined:
                return mined.Transaction;
            case RelayOutcome.Pending pending:
                throw offers.Failed(
                    price, ExactError.SettlementPending, transfer.From,
                    "The transfer was sent and is not mined yet; repeat the request with the same payment.", pending.Transaction);
            case RelayOutcome.Refused when await chain.FindTransferAsync(transfer, cancellationToken) is { } found:
                // Anybody may send it: somebody was faster.
                return found;
            case RelayOutcome.Refused refused:
                await book.CloseAsync(id);
                var error = ErrorOf(refused.Error);
                throw offers.Failed(
                    price, error == ExactError.Simulation ? ExactError.TransactionState : error, transfer.From,
                    $"The transfer was refused by the token: {refused.Reason}.");
            default:
                throw new InvalidOperationException("A relayed transaction ended in no known way.");
        }
    }

    private SettlementResponse Settled(ExactPayload payload, Hash32 transaction) => new(
        true, transaction.ToString(), X402Header.Network(identity.ChainId), payload.Authorization.Value.ToString(), payload.Authorization.From);
}
