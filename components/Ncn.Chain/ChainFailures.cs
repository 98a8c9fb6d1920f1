using System.Net;
using Ncn.Chain.Transactions;
using Nethereum.ABI.FunctionEncoding;
using Nethereum.Contracts;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.JsonRpc.Client;

namespace Ncn.Chain;

/// <summary>Turns the exceptions of the chain library into those of this component.</summary>
internal static class ChainFailures
{
    private const int RateLimited = -32005;
    private const int TooManyRequests = 429;

    // What a node says that is busy, behind, or lacks old state which another one has.
    private static readonly string[] Passing =
        ["rate limit", "too many requests", "header not found", "unknown block", "block not found", "missing trie node", "temporar", "try again", "timeout", "timed out"];

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
            ChainException known => known,
            FormatException malformed => new ChainUnavailableException($"{what} was answered with nonsense by the node {node}: {malformed.Message}", failure),
            RpcResponseException refused => new ChainUnavailableException($"{what} was turned down by the node {node}: {refused.RpcError.Message}.", failure),
            RpcClientTimeoutException or RpcClientUnknownException or TimeoutException => new ChainUnavailableException(
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

    /// <summary>True when another node, or the same one later, would answer alike.</summary>
    internal static bool IsAnswer(Exception failure) =>
        ReadRevert(failure) is not null
        || failure is ContractRevertedException or JournalInUseException
        || (failure is RpcResponseException { RpcError: { } error } && !Array.Exists(Passing, words => error.Message.Contains(words, StringComparison.OrdinalIgnoreCase))
            && error.Code is not (RateLimited or TooManyRequests));

    /// <summary>True when fewer blocks or smaller answers may be what the node wants.</summary>
    internal static bool IsTooMuch(Exception failure) => failure is RpcResponseException or RpcClientTimeoutException or TimeoutException
        || failure.InnerException is HttpRequestException { StatusCode: HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.BadRequest }
        || failure.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded };

    private static bool IsRevertData(string? data) => data is not null && data.StartsWith("0x", StringComparison.Ordinal);
}
