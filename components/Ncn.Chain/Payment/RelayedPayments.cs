using System.Numerics;
using Ncn.Chain.Tokens;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Nethereum.ABI;

namespace Ncn.Chain.Payment;

/// <summary>Calls that anybody may send for a payer who signed them off the chain, and who needs no coin for gas.</summary>
/// <remarks>All are plain calls: send them under a purpose of their own with <see cref="TransactionSender.SendAsync"/>.</remarks>
public sealed class RelayedPayments(ChainSettings settings)
{
    /// <summary>Moves tokens as the payer authorized (EIP-3009 transferWithAuthorization): the x402 "exact" settlement.</summary>
    /// <remarks>A signature of 65 bytes goes by the form that every such token has; another length, of a contract that pays, by the newer one.</remarks>
    public static TransactionCall TransferCall(Address token, TokenAuthorization authorization)
    {
        ArgumentNullException.ThrowIfNull(authorization);
        return authorization.Signature.Length == Signature.Size
            ? ChainConnection.CallOf(token, TransferBySignatureMessage.Of(authorization))
            : ChainConnection.CallOf(token, TransferByBytesMessage.Of(authorization));
    }

    /// <summary>Deposits into a channel what a collector brings.</summary>
    /// <param name="collector">Who fetches the tokens; on a real chain the deployed Eip3009Collector.</param>
    /// <param name="collectorData">For the Eip3009Collector from <see cref="CollectorData"/>.</param>
    public TransactionCall DepositCall(ChannelConfig config, TokenAmount amount, Address collector, HexBytes collectorData)
    {
        ArgumentNullException.ThrowIfNull(config);
        return ChainConnection.CallOf(settings.InferencePayment, new DepositMessage
        {
            Config = ChannelTuple.From(config),
            Amount = amount.Units,
            Collector = collector.ToString(),
            CollectorData = collectorData.Span.ToArray(),
        });
    }

    /// <summary>The data of the Eip3009Collector: abi.encode(validAfter, validBefore, salt, signature).</summary>
    /// <param name="validAfter">Unix seconds.</param>
    /// <param name="validBefore">Unix seconds.</param>
    /// <param name="salt">The authorization's nonce is keccak256(abi.encode(channelId, salt)).</param>
    /// <param name="signature">The payer's, over the token's ReceiveWithAuthorization to the collector.</param>
    public static HexBytes CollectorData(BigInteger validAfter, BigInteger validBefore, BigInteger salt, HexBytes signature) => new(new ABIEncode().GetABIEncoded(
        new ABIValue("uint256", validAfter), new ABIValue("uint256", validBefore), new ABIValue("uint256", salt), new ABIValue("bytes", signature.Span.ToArray())));

    /// <summary>Deposits into the payer's unallocated balance; the authorization is a ReceiveWithAuthorization to InferencePayment.</summary>
    public TransactionCall DepositBalanceCall(Address token, TokenAuthorization authorization)
    {
        ArgumentNullException.ThrowIfNull(authorization);
        return ChainConnection.CallOf(settings.InferencePayment, new DepositBalanceWithAuthorizationMessage
        {
            Payer = authorization.From.ToString(),
            Token = token.ToString(),
            Amount = authorization.Value.Units,
            ValidAfter = authorization.ValidAfter,
            ValidBefore = authorization.ValidBefore,
            AuthorizationNonce = authorization.Nonce.ToArray(),
            Signature = authorization.Signature.Span.ToArray(),
        });
    }
}
