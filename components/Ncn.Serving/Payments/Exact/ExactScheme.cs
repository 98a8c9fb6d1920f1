using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments.Exact;

/// <summary>Pays by one EIP-3009 transfer for one request. The price is the ceiling: nothing of it is given back for tokens not used.</summary>
/// <remarks>
/// 1. verify: recipient, value, signature, times, balance, nonce unused, and the transfer tried on the chain; 2. run; 3. settle: for a
/// whole answer when it is there, for a stream when its first piece is there; 4. deliver. Nothing is delivered unpaid; what is paid and
/// not delivered stays in the operator's <see cref="OpenPayments"/> until it is paid back.
/// </remarks>
public sealed class ExactScheme(IPaymentChain chain, PaymentOffers offers, PaymentBook book, ExactSettler settler, ReturnDesk returns, TimeProvider time)
{
    /// <summary>Verifies a transfer for a request.</summary>
    public async Task<ExactHold> HoldAsync(RequestId request, ClientPayment.Exact payment, TokenAmount price, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payment);
        var known = await book.FindAsync(payment.Payload.Id());
        if (known is null && await ProblemAsync(payment, price, cancellationToken) is { } problem)
        {
            throw offers.Demand(price, problem);
        }

        if (known is not null)
        {
            ThrowIfSpent(known, payment, request, price);
        }

        return new ExactHold(request, payment.Payload, price, settler, book, returns);
    }

    /// <summary>What is wrong with a transfer, as an x402 error code; null when nothing is.</summary>
    public async Task<string?> ProblemAsync(ClientPayment.Exact payment, TokenAmount price, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(payment);
        var terms = new ExactTerms(offers.TokenDomain, offers.Seller.PayTo, price, MayPayMore: payment.Version == 1);
        var authorization = payment.Payload.Authorization;
        return PaymentChecks.Exact(payment.Payload, terms, (ulong)time.GetUtcNow().ToUnixTimeSeconds())
            ?? (await chain.IsUsedAsync(authorization.From, authorization.Nonce, cancellationToken) ? ExactError.NonceUsed
                : await chain.ReadBalanceAsync(authorization.From, cancellationToken) < authorization.Value ? ExactError.InsufficientFunds
                : await chain.TryTransferAsync(payment.Payload, cancellationToken) is { } refused ? ExactSettler.ErrorOf(refused)
                : null);
    }

    // A payment that was settled goes on for the request that it was settled for, whatever the time is now.
    private void ThrowIfSpent(OpenPayment known, ClientPayment.Exact payment, RequestId request, TokenAmount price)
    {
        if (known.Phase != OpenPaymentPhase.Open || known.Request != request || known.Payload != payment.Payload)
        {
            throw offers.Demand(price, ExactError.NonceUsed, known.Return is { } back
                ? $"This payment was paid back in transaction {back}; sign a new one." : "This payment is spent; sign a new one.");
        }

        if (payment.Payload.Authorization.Value < price)
        {
            throw offers.Demand(price, ExactError.Value);
        }
    }
}

/// <summary>A verified transfer, settled before the first byte is delivered.</summary>
public sealed class ExactHold(
    RequestId request, ExactPayload payload, TokenAmount price, ExactSettler settler, PaymentBook book, ReturnDesk returns) : IPaymentHold
{
    private SettlementResponse? _settled;

    public bool IsCharged => false;

    public bool IsRunningElsewhere => false;

    public bool IsAnew => false;

    public async Task<SettlementResponse?> BeginStreamAsync(CancellationToken cancellationToken) => await SettleAsync();

    public async Task<(TokenAmount Cost, SettlementResponse Settlement)> ChargeAsync(TokenAmount amount) =>
        (payload.Authorization.Value, await SettleAsync());

    public Task DeliveredAsync() => book.CloseAsync(payload.Id());

    public Task ReleaseAsync() => _settled is null ? Task.CompletedTask : returns.OweAsync(payload.Id());

    public async Task<bool> TryReleaseAsync()
    {
        await ReleaseAsync();
        return true;
    }

    // Not with the caller's patience: a client that leaves while its transaction is on its way must not make the outcome unknown.
    private async Task<SettlementResponse> SettleAsync() => _settled ??= await settler.SettleAsync(payload, request, price, CancellationToken.None);
}
