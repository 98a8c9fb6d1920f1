using System.Numerics;
using Ncn.Chain.Tokens;
using Ncn.Chain.Transactions;
using Ncn.Protocol;

namespace Ncn.Chain.Payment;

/// <summary>What anybody may send to the escrow, because it carries the signature of whoever it concerns.</summary>
public sealed class RelayedCalls(ChainConnection chain)
{
    private readonly Address _contract = chain.Settings.InferencePayment;

    /// <summary>A deposit whose tokens a collector brings.</summary>
    /// <param name="collectorData">What the collector needs: the payer's authorization.</param>
    public TransactionCall Deposit(ChannelConfig config, TokenAmount amount, Address collector, ReadOnlySpan<byte> collectorData) =>
        ChainConnection.CallOf(_contract, new DepositMessage
        {
            Config = ChannelTuple.From(config),
            Amount = amount.Units,
            Collector = collector.ToString(),
            CollectorData = collectorData.ToArray(),
        });

    /// <summary>A deposit into the payer's unallocated balance; what it signed is the token's ReceiveWithAuthorization to this contract.</summary>
    public TransactionCall DepositBalance(Address token, AuthorizedTransfer authorization)
    {
        ArgumentNullException.ThrowIfNull(authorization);
        return ChainConnection.CallOf(_contract, new DepositBalanceWithAuthorizationMessage
        {
            Payer = authorization.From.ToString(),
            Token = token.ToString(),
            Amount = authorization.Value.Units,
            ValidAfter = authorization.ValidAfter,
            ValidBefore = authorization.ValidBefore,
            AuthorizationNonce = authorization.Nonce.ToArray(),
            Signature = authorization.Signature.ToArray(),
        });
    }

    /// <summary>A refund that the receiver's authorizer has signed.</summary>
    public TransactionCall Refund(ChannelConfig config, TokenAmount amount, ulong nonce, Signature signature) =>
        ChainConnection.CallOf(_contract, new RefundWithSignatureMessage
        {
            Config = ChannelTuple.From(config),
            Amount = amount.Units,
            RefundNonce = nonce,
            Signature = signature.ToArray(),
        });

    /// <summary>The channel's refund nonce: a signed refund is good for this one only.</summary>
    public async Task<ulong> ReadRefundNonceAsync(ChannelId channel) => (ulong)await chain.QueryAsync<RefundNonceMessage, BigInteger>(
        _contract, new RefundNonceMessage { ChannelId = channel.Value.ToArray() }).ConfigureAwait(false);
}
