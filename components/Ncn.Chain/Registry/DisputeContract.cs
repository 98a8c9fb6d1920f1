using System.Numerics;
using Ncn.Chain.Events;
using Ncn.Chain.Payment;
using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Chain.Registry;

/// <summary>The newest dispute about a statement.</summary>
/// <param name="Gateway">Who signed it; zero when there was none yet.</param>
/// <param name="OverClaim">What was claimed above the statement and not disputed before.</param>
/// <param name="Frozen">What of the gateway's stake is frozen for it.</param>
/// <param name="SettledClaim">Up to which claimed total of the channel there were disputes.</param>
/// <param name="ClosableAt">Unix seconds from which it can be closed unanswered; 0 when none is open.</param>
/// <param name="MaxClaimableAmount">The statement's maximum: a voucher that answers is above it.</param>
public sealed record DisputeView(
    Address Gateway, Address Payer, TokenAmount OverClaim, TokenAmount Frozen, TokenAmount SettledClaim, ulong ClosableAt,
    TokenAmount MaxClaimableAmount)
{
    /// <summary>True while it waits for an answer or its end.</summary>
    public bool IsOpen => ClosableAt != 0;

    /// <summary>Whether the contract takes a voucher over this running total as an answer: it is above the statement and covers what was claimed.</summary>
    public bool IsAnsweredBy(TokenAmount maxClaimable) => IsOpen && maxClaimable > MaxClaimableAmount && maxClaimable >= SettledClaim;
}

/// <summary>What the end of a dispute moved.</summary>
/// <param name="Refund">To the payer.</param>
/// <param name="Penalty">To the subnet's reward pool.</param>
public sealed record DisputeOutcome(Hash32 Transaction, TokenAmount Refund, TokenAmount Penalty);

/// <summary>Disputes about claims above a gateway's own statement (contracts/src/registry/IDisputes.sol).</summary>
/// <remarks>Every sending call waits until it is mined, and throws <see cref="ChainException"/> when it is refused or nothing answers.</remarks>
public sealed class DisputeContract(ChainConnection chain)
{
    private readonly Address _contract = chain.Settings.ValidatorRegistry;
    private readonly ChainEventDecoder _decoder = new(chain.Settings);

    /// <summary>A dispute's id: the digest of the statement that it is about.</summary>
    public Hash32 IdOf(ChannelStatement statement) => chain.Settings.NetworkDomain.Digest(statement);

    /// <summary>The digest as the contract computes it: equal to <see cref="IdOf"/> when domain and chain are right.</summary>
    public async Task<Hash32> ReadIdAsync(ChannelStatement statement) => new(await chain.QueryAsync<StatementDigestMessage, byte[]>(
        _contract, new StatementDigestMessage { Statement = StatementTuple.From(statement) }).ConfigureAwait(false));

    /// <summary>Shows the contract that more was claimed than a gateway stated; freezes stake of it. Anybody may.</summary>
    public async Task<Hash32> OpenAsync(Signed<ChannelStatement> statement, ChannelConfig config, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var message = new OpenDisputeMessage
        {
            Statement = StatementTuple.From(statement.Message),
            Signature = statement.Signature.ToArray(),
            Config = ChannelTuple.From(config),
        };
        return (await chain.SendAsync(_contract, message, cancellationToken).ConfigureAwait(false)).Transaction;
    }

    /// <summary>Ends a dispute by a voucher of the payer above the statement's maximum that covers the claim. Anybody may.</summary>
    public async Task<Hash32> AnswerAsync(Hash32 dispute, SignedVoucher voucher, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(voucher);
        var call = AnswerCall(dispute, voucher.MaxClaimableAmount, voucher.Signature);
        return (await chain.SendAsync(call, cancellationToken).ConfigureAwait(false)).Transaction;
    }

    /// <summary>The call of <see cref="AnswerAsync"/>, to send under a purpose.</summary>
    public TransactionCall AnswerCall(Hash32 dispute, TokenAmount maxClaimable, Signature voucher) => ChainConnection.CallOf(
        _contract,
        new DisputeAnswerMessage { DisputeId = dispute.ToArray(), MaxClaimableAmount = maxClaimable.Units, VoucherSignature = voucher.ToArray() });

    /// <summary>Ends a dispute that nobody answered in time. Anybody may.</summary>
    public async Task<DisputeOutcome> CloseAsync(Hash32 dispute, CancellationToken cancellationToken = default)
    {
        var receipt = await chain.SendAsync(_contract, new CloseDisputeMessage { DisputeId = dispute.ToArray() }, cancellationToken).ConfigureAwait(false);
        var closed = _decoder.Decode<RegistryEvent.DisputeClosed>(receipt.Logs).Single();
        return new DisputeOutcome(receipt.Transaction, closed.Refund, closed.Penalty);
    }

    /// <summary>The newest dispute about a statement.</summary>
    public async Task<DisputeView> ReadAsync(Hash32 dispute)
    {
        var output = await chain.QueryManyAsync<GetDisputeMessage, GetDisputeOutput>(_contract, new GetDisputeMessage { DisputeId = dispute.ToArray() }).ConfigureAwait(false);
        var found = output.Dispute;
        return new DisputeView(
            Address.Parse(found.Gateway), Address.Parse(found.Payer), AmountOf(found.OverClaim), AmountOf(found.Frozen), AmountOf(found.SettledClaim),
            found.ClosableAt, AmountOf(found.MaxClaimableAmount));
    }

    private static TokenAmount AmountOf(BigInteger value) => new((UInt128)value);
}
