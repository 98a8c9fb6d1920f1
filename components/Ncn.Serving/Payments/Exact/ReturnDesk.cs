using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Chain;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments.Exact;

/// <summary>Pays back what was settled and not delivered.</summary>
/// <remarks>
/// The operator's key signs an EIP-3009 transfer to the payer whose nonce follows from the payment, and the relay key sends it: the
/// token takes it once, so that no crash pays twice. What is owed is durable first; the sweep finds what a dead gateway left behind.
/// </remarks>
public sealed class ReturnDesk(
    GatewayIdentity identity, IPaymentChain chain, PaymentOffers offers, PaymentBook book, IActorProxyFactory actors,
    IOptions<GatewayOptions> options, TimeProvider time, ILogger<ReturnDesk> log)
{
    // How long after the request's own limit a client may still come back for its answer with the same payment.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);
    private static readonly Hash32 Mark = Keccak256.Of("ncn/x402-return/1"u8);

    /// <summary>The answer of a settled payment will never come: it is owed from now on, and paid back at once if that works.</summary>
    public async Task OweAsync(Hash32 id)
    {
        if ((await book.OweAsync(id)).Payment is { Phase: OpenPaymentPhase.Owed } owed)
        {
            await TryPayBackAsync(owed);
        }
    }

    /// <summary>Looks at every payment that is open or owed; called now and then.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var payment in await book.ListAsync())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (payment.Phase == OpenPaymentPhase.Owed)
            {
                await TryPayBackAsync(payment);
            }
            else if (IsForgotten(payment))
            {
                await ResolveAsync(payment, cancellationToken);
            }
        }
    }

    /// <summary>The transfer that pays a payment back.</summary>
    internal ExactPayload Repayment(OpenPayment payment)
    {
        var paid = payment.Payload.Authorization;
        Span<byte> preimage = stackalloc byte[2 * Hash32.Size];
        Mark.CopyTo(preimage);
        payment.Id.CopyTo(preimage[Hash32.Size..]);
        var transfer = new TransferWithAuthorization(
            paid.To, paid.From, paid.Value, TokenAmount.Zero, new TokenAmount(ulong.MaxValue), Keccak256.Of(preimage));
        return new ExactPayload(identity.Signer.Sign(transfer, offers.TokenDomain).Signature, transfer);
    }

    private bool IsForgotten(OpenPayment payment)
    {
        var limit = TimeSpan.FromSeconds(Math.Max(options.Value.RequestSeconds, options.Value.QueuedSeconds)) + Grace;
        return time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds((long)payment.OpenedAt) > limit;
    }

    // Left open by a gateway that died, or by a client that never came back for a pending settlement.
    private async Task ResolveAsync(OpenPayment payment, CancellationToken cancellationToken)
    {
        var transfer = payment.Payload.Authorization;
        if (await RequestOf(payment).GetAsync() is { Answer: not null })
        {
            await book.CloseAsync(payment.Id);
        }
        else if (await chain.FindTransferAsync(transfer, cancellationToken) is not null)
        {
            await OweAsync(payment.Id);
        }
        else if (transfer.ValidBefore.Units < (UInt128)time.GetUtcNow().ToUnixTimeSeconds() - (UInt128)Grace.TotalSeconds)
        {
            await book.CloseAsync(payment.Id);
        }
    }

    private async Task TryPayBackAsync(OpenPayment payment)
    {
        try
        {
            var repayment = Repayment(payment);
            // A purpose that failed stays failed: every ten minutes is another one. The token takes the nonce once in any case.
            var purpose = $"return:{payment.Id}:{time.GetUtcNow().ToUnixTimeSeconds() / 600}";
            var outcome = await chain.TransferAsync(purpose, repayment, CancellationToken.None);
            var transaction = outcome switch
            {
                RelayOutcome.Mined mined => mined.Transaction,
                RelayOutcome.Refused => await chain.FindTransferAsync(repayment.Authorization, CancellationToken.None),
                _ => null,
            };
            if (transaction is { } found)
            {
                await book.ReturnAsync(payment.Id, found);
                return;
            }

            log.LogWarning("Payment {Payment} is owed back and could not be paid yet: {Outcome}", payment.Id, outcome);
        }
        catch (ChainException unreachable)
        {
            log.LogWarning("Payment {Payment} is owed back and could not be paid yet: {Reason}", payment.Id, unreachable.Message);
        }
    }

    private IRequestActor RequestOf(OpenPayment payment) =>
        actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(payment.Request), ActorTypes.Request);
}
