using Nethereum.ABI.FunctionEncoding;
using Nethereum.Contracts;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.JsonRpc.Client;

namespace Ncn.Chain;

/// <summary>Turns the exceptions of the chain library into those of this component.</summary>
internal static class ChainFailures
{
    /// <summary>Null for a failure that does not come from the chain.</summary>
    internal static ChainException? Translate(string what, Uri rpc, Exception failure)
    {
        // The rest of an address may hold the key of an account with whoever runs the node.
        var node = rpc.GetLeftPart(UriPartial.Authority);
        if (ReadRevert(failure) is { } reason)
        {
            return new ContractRevertedException(what, reason, failure);
        }

        return failure switch
        {
            RpcResponseException refused => new ChainUnavailableException($"{what} was turned down by the node {node}: {refused.RpcError.Message}.", failure),
            RpcClientTimeoutException or RpcClientUnknownException => new ChainUnavailableException(
                $"{what} could not be asked: the node {node} gives no usable answer. Check that it runs.", failure),
            _ => null,
        };
    }

    /// <summary>Why a contract refused; null when no contract did.</summary>
    internal static RevertReason? ReadRevert(Exception failure) => failure switch
    {
        SmartContractRevertException text => new RevertReason("Error", text.RevertMessage),
        SmartContractCustomErrorRevertException custom => RevertReasons.Describe(custom.ExceptionEncodedData.HexToByteArray()),
        RpcResponseException { RpcError: { } error } when IsRevertData(error.GetDataAsString()) =>
            RevertReasons.Describe(error.GetDataAsString().HexToByteArray()),
        _ => null,
    };

    /// <summary>True when another transaction of the same account has this nonce.</summary>
    internal static bool IsNonceTaken(RpcResponseException refused) =>
        refused.Message.Contains("nonce", StringComparison.OrdinalIgnoreCase)
        || refused.Message.Contains("replacement", StringComparison.OrdinalIgnoreCase);

    private static bool IsRevertData(string? data) => data is not null && data.StartsWith("0x", StringComparison.Ordinal);
}
