using System.Numerics;
using Ncn.Chain.Events;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Nethereum.Contracts;

namespace Ncn.Chain.Payment;

/// <summary>The escrow and its channels (contracts/src/payment/IInferencePayment.sol).</summary>
/// <remarks>Every sending call waits until it is mined, and throws <see cref="ChainException"/> when it is refused or nothing answers.</remarks>
public sealed class InferencePaymentContract(ChainConnection chain)
{
    private readonly Address _contract = chain.Settings.InferencePayment;
    private readonly ChainEventDecoder _decoder = new(chain.Settings);

    /// <summary>Moves tokens of the sender into a channel; the contract must have an allowance for them.</summary>
    public Task<Hash32> DepositAsync(ChannelConfig config, TokenAmount amount, CancellationToken cancellationToken = default) => SendAsync(
        new DepositMessage { Config = ChannelTuple.From(config), Amount = amount.Units, Collector = Address.Zero.ToString() }, cancellationToken);

    /// <summary>Moves tokens of the sender into its unallocated balance; the contract must have an allowance for them.</summary>
    public Task<Hash32> DepositBalanceAsync(Address token, TokenAmount amount, CancellationToken cancellationToken = default) =>
        SendAsync(new DepositBalanceMessage { Token = token.ToString(), Amount = amount.Units }, cancellationToken);

    /// <summary>Moves part of the sender's unallocated balance into a channel that it pays.</summary>
    public Task<Hash32> AllocateAsync(ChannelConfig config, TokenAmount amount, CancellationToken cancellationToken = default) =>
        SendAsync(new AllocateMessage { Config = ChannelTuple.From(config), Amount = amount.Units }, cancellationToken);

    /// <summary>Takes part of the sender's unallocated balance out, at once.</summary>
    public Task<Hash32> WithdrawBalanceAsync(Address token, TokenAmount amount, CancellationToken cancellationToken = default) =>
        SendAsync(new WithdrawBalanceMessage { Token = token.ToString(), Amount = amount.Units }, cancellationToken);

    /// <summary>Claims a batch; a bad row is skipped and reported, and the others stand.</summary>
    public async Task<ClaimOutcome> ClaimAsync(IReadOnlyList<VoucherClaim> claims, CancellationToken cancellationToken = default) =>
        ReadClaim(await chain.SendAsync(ClaimCall(claims), cancellationToken).ConfigureAwait(false));

    /// <summary>The call of <see cref="ClaimAsync"/>, to send under a purpose.</summary>
    public TransactionCall ClaimCall(IReadOnlyList<VoucherClaim> claims) =>
        CallOf(new ClaimMessage { VoucherClaims = [.. claims.Select(ClaimTuple.From)] });

    /// <summary>The call that claims a packed batch, to send under a purpose; the sender is the batch's receiver or receiverAuthorizer.</summary>
    public TransactionCall ClaimCall(PackedBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return CallOf(ClaimPackedMessage.From(batch));
    }

    /// <summary>What a claim did, from its receipt, whichever form it had.</summary>
    public ClaimOutcome ReadClaim(MinedReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        var claimed = _decoder.Decode<PaymentEvent.Claimed>(receipt.Logs).Select(row => new ClaimedRow(row.Channel, row.Amount, row.NewTotal));
        var packed = _decoder.Decode<PaymentEvent.ClaimedPacked>(receipt.Logs).SelectMany(log => log.Claims).Select(row => new ClaimedRow(row.Channel, row.Amount, row.NewTotal));
        var skipped = _decoder.Decode<PaymentEvent.ClaimSkipped>(receipt.Logs).Select(row => new SkippedRow(row.Channel, (int)row.Row, row.Fault));
        return new ClaimOutcome(receipt.Transaction, [.. claimed, .. packed], [.. skipped]);
    }

    /// <summary>Pays out what a receiver has claimed in one token. Anybody may ask for it; nothing to pay is an amount of zero.</summary>
    public async Task<SettleOutcome> SettleAsync(Address receiver, Address token, CancellationToken cancellationToken = default) =>
        ReadSettlement(await chain.SendAsync(SettleCall(receiver, token), cancellationToken).ConfigureAwait(false));

    /// <summary>The call of <see cref="SettleAsync"/>, to send under a purpose.</summary>
    public TransactionCall SettleCall(Address receiver, Address token) =>
        CallOf(new SettleMessage { Receiver = receiver.ToString(), Token = token.ToString() });

    /// <summary>What a settlement moved, from its receipt.</summary>
    public SettleOutcome ReadSettlement(MinedReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return new SettleOutcome(receipt.Transaction, _decoder.Decode<PaymentEvent.Settled>(receipt.Logs).SingleOrDefault()?.Amount ?? TokenAmount.Zero);
    }

    /// <summary>The payer begins to take unclaimed escrow back; it can end this after the channel's delay.</summary>
    public Task<Hash32> InitiateWithdrawAsync(ChannelConfig config, TokenAmount amount, CancellationToken cancellationToken = default) =>
        SendAsync(new InitiateWithdrawMessage { Config = ChannelTuple.From(config), Amount = amount.Units }, cancellationToken);

    /// <summary>Ends a withdrawal whose delay has passed; returns what really went back to the payer, claims in between deducted.</summary>
    public async Task<SettleOutcome> FinalizeWithdrawAsync(ChannelConfig config, CancellationToken cancellationToken = default)
    {
        var message = new FinalizeWithdrawMessage { Config = ChannelTuple.From(config) };
        var receipt = await chain.SendAsync(_contract, message, cancellationToken).ConfigureAwait(false);
        return new SettleOutcome(receipt.Transaction, _decoder.Decode<PaymentEvent.WithdrawFinalized>(receipt.Logs).Single().Amount);
    }

    /// <summary>A channel's state: claims and withdrawals as of now, the balance as of the configured confirmations.</summary>
    public async Task<ChannelView> ReadChannelAsync(ChannelId channel)
    {
        var id = channel.Value.ToArray();
        var now = await ReadChannelsAsync(id, null).ConfigureAwait(false);
        var withdrawal = await chain.QueryManyAsync<PendingWithdrawalsMessage, PendingWithdrawalsOutput>(
            _contract, new PendingWithdrawalsMessage { ChannelId = id }).ConfigureAwait(false);
        var confirmed = await ReadConfirmedBalanceAsync(id, AmountOf(now.Balance)).ConfigureAwait(false);
        return new ChannelView(confirmed, AmountOf(now.TotalClaimed), AmountOf(withdrawal.Amount), withdrawal.InitiatedAt);
    }

    /// <summary>What a receiver has earned and been paid.</summary>
    public async Task<ReceiverView> ReadReceiverAsync(Address receiver, Address token)
    {
        var output = await chain.QueryManyAsync<ReceiversMessage, ReceiversOutput>(
            _contract, new ReceiversMessage { Receiver = receiver.ToString(), Token = token.ToString() }).ConfigureAwait(false);
        return new ReceiverView(AmountOf(output.TotalClaimed), AmountOf(output.TotalSettled));
    }

    /// <summary>A payer's balance that is in no channel.</summary>
    public async Task<TokenAmount> ReadUnallocatedAsync(Address payer, Address token) => AmountOf(await chain.QueryAsync<BalancesMessage, BigInteger>(
        _contract, new BalancesMessage { Payer = payer.ToString(), Token = token.ToString() }).ConfigureAwait(false));

    /// <summary>The id that the contract itself gives a channel: equal to <see cref="ChannelConfig.Id"/> when domain and chain are right.</summary>
    public async Task<ChannelId> ReadChannelIdAsync(ChannelConfig config) => IdOf(await chain.QueryAsync<GetChannelIdMessage, byte[]>(
        _contract, new GetChannelIdMessage { Config = ChannelTuple.From(config) }).ConfigureAwait(false));

    // A young deposit is left out by taking the smaller balance; a young withdrawal counts at once.
    private async Task<TokenAmount> ReadConfirmedBalanceAsync(byte[] id, TokenAmount now)
    {
        var confirmations = chain.Settings.Confirmations;
        if (confirmations == 0 || now.IsZero)
        {
            return now;
        }

        var newest = await chain.ReadBlockNumberAsync().ConfigureAwait(false);
        if (newest < confirmations)
        {
            return TokenAmount.Zero;
        }

        var then = await ReadChannelsAsync(id, newest - confirmations).ConfigureAwait(false);
        return TokenAmount.Min(now, AmountOf(then.Balance));
    }

    private Task<ChannelsOutput> ReadChannelsAsync(byte[] id, ulong? block) =>
        chain.QueryManyAsync<ChannelsMessage, ChannelsOutput>(_contract, new ChannelsMessage { ChannelId = id }, block);

    private async Task<Hash32> SendAsync<TMessage>(TMessage message, CancellationToken cancellationToken)
        where TMessage : FunctionMessage, new() =>
        (await chain.SendAsync(_contract, message, cancellationToken).ConfigureAwait(false)).Transaction;

    private TransactionCall CallOf<TMessage>(TMessage message)
        where TMessage : FunctionMessage, new() => ChainConnection.CallOf(_contract, message);

    private static TokenAmount AmountOf(BigInteger value) => new((UInt128)value);

    private static ChannelId IdOf(byte[] bytes) => new(new Hash32(bytes));
}
