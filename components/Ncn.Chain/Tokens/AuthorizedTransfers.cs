using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Nethereum.Hex.HexTypes;
using Nethereum.RPC.Eth.DTOs;

namespace Ncn.Chain.Tokens;

/// <summary>A transfer that its owner signed for anybody to send (EIP-3009 transferWithAuthorization).</summary>
/// <param name="ValidAfter">Unix seconds, exclusive.</param>
/// <param name="ValidBefore">Unix seconds, exclusive.</param>
public sealed record AuthorizedTransfer(
    Address From, Address To, TokenAmount Value, UInt128 ValidAfter, UInt128 ValidBefore, Hash32 Nonce, Signature Signature);

/// <summary>EIP-3009 of a token: USDC, or TestUsd on a forknet.</summary>
public sealed class AuthorizedTransfers(ChainConnection chain, Address token)
{
    private const int RBytes = 32;

    // keccak256("AuthorizationUsed(address,bytes32)") and keccak256("Transfer(address,address,uint256)").
    private const string UsedTopic = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5";
    private static readonly Hash32 TransferTopic = Hash32.Parse("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

    /// <summary>The call that carries it out, to send under a purpose.</summary>
    public TransactionCall Call(AuthorizedTransfer transfer)
    {
        ArgumentNullException.ThrowIfNull(transfer);
        var signature = transfer.Signature.ToArray();
        return ChainConnection.CallOf(token, new TransferWithAuthorizationMessage
        {
            From = transfer.From.ToString(),
            To = transfer.To.ToString(),
            Value = transfer.Value.Units,
            ValidAfter = transfer.ValidAfter,
            ValidBefore = transfer.ValidBefore,
            AuthorizationNonce = transfer.Nonce.ToArray(),
            V = signature[2 * RBytes],
            R = signature[..RBytes],
            S = signature[RBytes..(2 * RBytes)],
        });
    }

    /// <summary>Tries the transfer on the newest block and sends nothing.</summary>
    /// <exception cref="ContractRevertedException">The token would refuse it.</exception>
    public Task TryAsync(AuthorizedTransfer transfer) => chain.EstimateGasAsync(Call(transfer), []);

    /// <summary>True when the nonce was used or cancelled.</summary>
    public Task<bool> IsUsedAsync(Address authorizer, Hash32 nonce) => chain.QueryAsync<AuthorizationStateMessage, bool>(
        token, new AuthorizationStateMessage { Authorizer = authorizer.ToString(), AuthorizationNonce = nonce.ToArray() });

    /// <summary>The transaction that used an authorization and moved exactly this value to this recipient; null when none of the last blocks has it.</summary>
    /// <param name="blocks">How many blocks to look back.</param>
    public async Task<Hash32?> FindAsync(Address from, Address to, TokenAmount value, Hash32 nonce, ulong blocks)
    {
        var head = await chain.ReadBlockNumberAsync().ConfigureAwait(false);
        var first = head > blocks ? head - blocks : 0;
        var step = (ulong)chain.Settings.Limits.LogRangeBlocks;
        for (var end = head; ; end -= step)
        {
            var start = end > first + step ? end - step + 1 : first;
            foreach (var used in await LogsAsync([UsedTopic, Topic(from), nonce.ToString()], start, end).ConfigureAwait(false))
            {
                if (await MovedAsync(used, from, to, value).ConfigureAwait(false))
                {
                    return Hash32.Parse(used.TransactionHash);
                }
            }

            if (start == first)
            {
                return null;
            }
        }
    }

    // A nonce can also be used for another recipient or value: what moved counts.
    private async Task<bool> MovedAsync(FilterLog used, Address from, Address to, TokenAmount value)
    {
        var block = (ulong)used.BlockNumber.Value;
        var moves = await LogsAsync([TransferTopic.ToString(), Topic(from), Topic(to)], block, block).ConfigureAwait(false);
        return moves.Any(move => move.TransactionHash == used.TransactionHash
            && new HexBigInteger(move.Data).Value == (System.Numerics.BigInteger)value.Units);
    }

    private Task<FilterLog[]> LogsAsync(string[] topics, ulong from, ulong to)
    {
        var filter = new NewFilterInput
        {
            Address = [token.ToString()],
            FromBlock = new BlockParameter(from),
            ToBlock = new BlockParameter(to),
            Topics = [.. topics.Select(static topic => (object)new object[] { topic })],
        };
        return chain.Pool.AskAsync("The use of an authorization", node => node.AskAsync(web3 => web3.Eth.Filters.GetLogs.SendRequestAsync(filter), default));
    }

    private static string Topic(Address address) => "0x" + new string('0', 24) + address.ToString()[2..].ToLowerInvariant();
}
