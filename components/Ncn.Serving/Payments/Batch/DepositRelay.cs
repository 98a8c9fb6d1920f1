using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Relay;

namespace Ncn.Serving.Payments.Batch;

/// <summary>A deposit whose authorization was looked up on chain.</summary>
/// <param name="Missing">What it will add; nothing when it has been made already.</param>
public sealed record PreparedDeposit(DepositView Deposit, TokenAmount Missing);

/// <summary>Carries out the deposits that payers authorize: the gateway's relay key pays the gas, and the work waits for the confirmations.</summary>
/// <remarks>The request holds its reservation and the channel's turn meanwhile, so that requests beside it neither deposit again nor are refused.</remarks>
public sealed class DepositRelay(
    GatewayIdentity identity, IPaymentChain chain, EscrowCache escrow, PaymentOffers offers, IActorProxyFactory actors,
    RelayAllowance allowance, TimeProvider time)
{
    /// <summary>Longest wait until a deposit counts.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Looks whether the deposit can be made, or was made already by a request whose answer got lost.</summary>
    public async Task<PreparedDeposit> PrepareAsync(
        ChannelConfig config, ChannelId channel, DepositView deposit, TokenAmount ceiling, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(deposit);
        if (await chain.IsUsedAsync(config.Payer, Nonce(channel, deposit), cancellationToken))
        {
            return new PreparedDeposit(deposit, TokenAmount.Zero);
        }

        return await chain.ReadBalanceAsync(config.Payer, cancellationToken) < deposit.Amount
            ? throw offers.Demand(ceiling, BatchSettlementError.InsufficientBalance)
            : new PreparedDeposit(deposit, deposit.Amount);
    }

    /// <summary>Makes the deposit for a reserved request, and waits until it counts. When it fails, the reservation is given back.</summary>
    public async Task<MadeDeposit> CarryOutAsync(ReserveCall call, PreparedDeposit prepared, TokenAmount ceiling, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(prepared);
        var config = call.Voucher.Config;
        var channel = config.Id(identity.PaymentsDomain);
        var actor = actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
        try
        {
            var transaction = prepared.Missing.IsZero ? null : await SendAsync(config, channel, prepared.Deposit, ceiling, cancellationToken);
            await WaitAsync(channel, call.Voucher.MaxClaimableAmount, config.Payer, ceiling, transaction, cancellationToken);
            return new MadeDeposit(prepared.Deposit.Amount, transaction);
        }
        catch
        {
            await actor.ApplyAsync([new ChannelStep { Release = new ReleaseCall(call.Key, call.Holder) { Until = call.ExpiresAt, IsWaiting = call.Holder is null } }]);
            throw;
        }
        finally
        {
            await actor.EndTurnAsync(call.Key);
        }
    }

    private async Task<Hash32?> SendAsync(
        ChannelConfig config, ChannelId channel, DepositView deposit, TokenAmount ceiling, CancellationToken cancellationToken)
    {
        var nonce = Nonce(channel, deposit);
        allowance.Take(config.Payer);
        switch (await chain.DepositAsync($"deposit:{nonce}", config, deposit, cancellationToken))
        {
            case RelayOutcome.Mined mined:
                return mined.Transaction;
            case RelayOutcome.Pending pending:
                throw offers.Failed(
                    ceiling, ExactError.SettlementPending, config.Payer,
                    "The deposit was sent and is not mined yet; repeat the request with the same payment.", pending.Transaction);
            case RelayOutcome.Refused refused when await chain.IsUsedAsync(config.Payer, nonce, cancellationToken):
                return null;
            case RelayOutcome.Refused refused:
                throw offers.Failed(
                    ceiling, BatchSettlementError.DepositFailed, config.Payer, $"The deposit was refused by the contract: {refused.Reason}.");
            default:
                throw new InvalidOperationException("A relayed transaction ended in no known way.");
        }
    }

    // What the reader answers has the configured confirmations.
    private async Task WaitAsync(
        ChannelId channel, TokenAmount needed, Address payer, TokenAmount ceiling, Hash32? transaction, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            escrow.Forget(channel);
            if ((await escrow.GetAsync(channel, needed, cancellationToken)).Funds.Spendable >= needed)
            {
                return;
            }

            if (time.GetElapsedTime(start) > Patience)
            {
                throw offers.Failed(
                    ceiling, ExactError.SettlementPending, payer,
                    "The deposit is mined and lacks confirmations; repeat the request with the same payment.", transaction);
            }

            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private static Hash32 Nonce(ChannelId channel, DepositView deposit) =>
        Eip3009.DepositNonce(channel, deposit.Authorization.Erc3009Authorization!.Salt);
}
