using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Ncn.Chain.Events;
using Ncn.Chain.Rpc;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Web3;
using Nethereum.Web3.Accounts;

namespace Ncn.Chain.Transactions;

/// <summary>How a node took a transaction that it was offered.</summary>
internal enum OfferAnswer
{
    Taken,
    NonceUsed,
    Outbid,
    Refused,
}

/// <summary>What the sender asks of a node, and its signature.</summary>
internal sealed class SenderNode
{
    private const int GasMarginPercent = 20;
    private const int FeeBlocks = 5;

    private readonly RpcPool _pool;
    private readonly ChainSettings _settings;
    private readonly Web3 _signing;
    private readonly string _from;

    internal SenderNode(RpcPool pool, ChainSettings settings, Account account)
    {
        (_pool, _settings, _from) = (pool, settings, account.Address);
        // Signs only: it is given everything that it would ask a node for.
        _signing = new Web3(account, settings.Rpc.AbsoluteUri);
        Sender = Address.Parse(account.Address);
    }

    internal Address Sender { get; }

    /// <summary>Tries the call and returns the gas to give it; throws <see cref="ContractRevertedException"/> when it is refused.</summary>
    internal async Task<ulong> EstimateAsync(TransactionCall call, CancellationToken cancellationToken)
    {
        var estimate = await _pool.AskAsync(
            call.What, node => node.AskAsync(web3 => web3.Eth.Transactions.EstimateGas.SendRequestAsync(InputOf(call)), cancellationToken),
            cancellationToken).ConfigureAwait(false);
        return (ulong)(estimate.Value * (100 + GasMarginPercent) / 100);
    }

    /// <summary>The median tip of recent blocks, and room for the base fee to double, within what the settings allow.</summary>
    internal async Task<FeeBid> SuggestFeesAsync(CancellationToken cancellationToken)
    {
        var history = await _pool.AskAsync("The fees", node => node.AskAsync(
            web3 => web3.Eth.FeeHistory.SendRequestAsync(new HexBigInteger(FeeBlocks), BlockParameter.CreateLatest(), [50m]), cancellationToken),
            cancellationToken).ConfigureAwait(false);
        var baseFee = (UInt128)history.BaseFeePerGas[^1].Value;
        var tips = (history.Reward ?? []).Select(block => (UInt128)block[0].Value).Where(tip => tip > 0).Order().ToArray();
        var tip = tips.Length == 0 ? 0 : tips[tips.Length / 2];
        UInt128 most = _settings.Limits.MaxFeePerGas;
        return baseFee + tip > most
            ? throw new ChainUnavailableException(string.Create(
                CultureInfo.InvariantCulture, $"Gas costs {baseFee + tip} wei now, and Ncn:Chain:MaxFeePerGas allows {most}: wait, or raise it."))
            : new FeeBid(UInt128.Min(most, (baseFee * 2) + tip), tip);
    }

    /// <summary>Refuses what the account cannot pay for, before it is signed.</summary>
    internal async Task CheckBalanceAsync(TransactionCall call, ulong gas, FeeBid fees, CancellationToken cancellationToken)
    {
        var balance = await _pool.AskAsync(
            "A balance", node => node.AskAsync(web3 => web3.Eth.GetBalance.SendRequestAsync(_from), cancellationToken), cancellationToken).ConfigureAwait(false);
        var needed = (BigInteger)call.Wei + ((BigInteger)gas * fees.MaxFeePerGas);
        if (balance.Value < needed)
        {
            throw new ChainUnavailableException(string.Create(
                CultureInfo.InvariantCulture, $"{call.What} needs up to {needed} wei with its gas, and {_from} has {balance.Value}: send it coin."));
        }
    }

    internal async Task<SignedTransaction> SignAsync(TransactionCall call, ulong gas, ulong nonce, FeeBid fees)
    {
        var input = new TransactionInput
        {
            From = _from,
            To = call.To.ToString(),
            Data = call.Data.ToString(),
            Value = new HexBigInteger(call.Wei),
            Gas = new HexBigInteger(gas),
            Nonce = new HexBigInteger(nonce),
            MaxFeePerGas = new HexBigInteger(fees.MaxFeePerGas),
            MaxPriorityFeePerGas = new HexBigInteger(fees.MaxPriorityFeePerGas),
        };
        var raw = Hex.ParseBytes(await _signing.TransactionManager.SignTransactionAsync(input).ConfigureAwait(false));
        return new SignedTransaction(nonce, new Hash32(Keccak256.Hash(raw)), new HexBytes(raw), fees);
    }

    /// <summary>Offers a transaction to a node, with the node's words when it does not take it.</summary>
    internal async Task<(OfferAnswer Answer, string? Words)> OfferAsync(SignedTransaction transaction, CancellationToken cancellationToken)
    {
        try
        {
            await _pool.AskAsync("A transaction", node => node.AskAsync(
                web3 => web3.Eth.Transactions.SendRawTransaction.SendRequestAsync(transaction.Raw.ToString()), cancellationToken),
                cancellationToken).ConfigureAwait(false);
            return (OfferAnswer.Taken, null);
        }
        catch (ChainException refused)
        {
            return ((refused.InnerException as RpcResponseException)?.RpcError.Message.ToUpperInvariant() switch
            {
                { } words when words.Contains("ALREADY", StringComparison.Ordinal) || words.Contains("KNOWN TRANSACTION", StringComparison.Ordinal) => OfferAnswer.Taken,
                { } words when words.Contains("NONCE TOO LOW", StringComparison.Ordinal) => OfferAnswer.NonceUsed,
                { } words when words.Contains("UNDERPRICED", StringComparison.Ordinal) || words.Contains("LESS THAN BLOCK BASE FEE", StringComparison.Ordinal) => OfferAnswer.Outbid,
                _ => OfferAnswer.Refused,
            }, refused.Message);
        }
    }

    /// <summary>Looks at the chain for what the ledger has under way.</summary>
    internal Task<ChainSight> LookAsync(LedgerState state, CancellationToken cancellationToken) => _pool.AskAsync(
        "The account's transactions", node => LookAsync(node, state, cancellationToken), cancellationToken);

    /// <summary>The receipt with its logs; null when the node has none.</summary>
    internal async Task<(MinedReceipt Receipt, bool Succeeded)?> ReadReceiptAsync(Hash32 transaction, CancellationToken cancellationToken)
    {
        var receipt = await _pool.AskAsync("A receipt", node => AskReceiptAsync(node, transaction, cancellationToken), cancellationToken).ConfigureAwait(false);
        return receipt is null ? null : (ReceiptOf(receipt), receipt.Succeeded());
    }

    private async Task<ChainSight> LookAsync(RpcEndpoint node, LedgerState state, CancellationToken cancellationToken)
    {
        var head = await node.AskHeadAsync(cancellationToken).ConfigureAwait(false);
        var mined = await CountAsync(node, BlockParameter.CreateLatest(), cancellationToken).ConfigureAwait(false);
        var pending = await CountAsync(node, BlockParameter.CreatePending(), cancellationToken).ConfigureAwait(false);
        var found = ImmutableArray.CreateBuilder<Inclusion>();
        foreach (var (_, purpose) in state.Live.TakeWhile(live => live.Key < mined))
        {
            foreach (var attempt in state.Entries[purpose].Attempts.Reverse())
            {
                if (await AskReceiptAsync(node, attempt.Hash, cancellationToken).ConfigureAwait(false) is { } receipt)
                {
                    found.Add(new Inclusion(attempt.Hash, (ulong)receipt.BlockNumber.Value, Hash32.Parse(receipt.BlockHash), receipt.Succeeded()));
                    break;
                }
            }
        }

        return new ChainSight(head, mined, Math.Max(mined, pending), found.ToImmutable());
    }

    private async Task<ulong> CountAsync(RpcEndpoint node, BlockParameter block, CancellationToken cancellationToken) => (ulong)(await node.AskAsync(
        web3 => web3.Eth.Transactions.GetTransactionCount.SendRequestAsync(_from, block), cancellationToken).ConfigureAwait(false)).Value;

    // A transaction that waits has a receipt without a block on some nodes.
    private static async Task<TransactionReceipt?> AskReceiptAsync(RpcEndpoint node, Hash32 transaction, CancellationToken cancellationToken)
    {
        var receipt = await node.AskAsync(
            web3 => web3.Eth.Transactions.GetTransactionReceipt.SendRequestAsync(transaction.ToString()), cancellationToken).ConfigureAwait(false);
        return receipt?.BlockHash is null ? null : receipt;
    }

    private MinedReceipt ReceiptOf(TransactionReceipt receipt) => new(
        Hash32.Parse(receipt.TransactionHash), (ulong)receipt.BlockNumber.Value, Hash32.Parse(receipt.BlockHash), (ulong)receipt.GasUsed.Value,
        (UInt128)(receipt.EffectiveGasPrice?.Value ?? 0), [.. (receipt.Logs ?? []).Select(log => LogReading.From(_settings.ChainId, log))]);

    private CallInput InputOf(TransactionCall call) =>
        new() { From = _from, To = call.To.ToString(), Data = call.Data.ToString(), Value = new HexBigInteger(call.Wei) };
}
