using System.Globalization;
using System.Numerics;
using Ncn.Protocol;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Web3;
using Nethereum.Web3.Accounts;

namespace Ncn.Chain;

/// <summary>A node of the chain, and optionally the key that sends transactions. Safe for concurrent use.</summary>
/// <remarks>
/// Sending: 1. the call is tried, so that a refusal costs no gas; 2. one transaction at a time takes a nonce and leaves; 3. its
/// receipt is awaited; 4. a transaction that was mined but refused is an error. Within one process a key belongs to one connection;
/// two processes may send with it by turns, but not at the same moment: the one that loses a nonce is not mined, and says so.
/// </remarks>
public sealed class ChainConnection : IDisposable
{
    private const int GasMarginPercent = 20;
    private const int NonceAttempts = 3;
    private static readonly TimeSpan ReceiptLimit = TimeSpan.FromSeconds(60);

    private readonly Web3 _web3;
    private readonly Account? _account;
    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <param name="settings">Where the chain is.</param>
    /// <param name="privateKey">0x and 64 hex digits; null for a connection that only reads.</param>
    public ChainConnection(ChainSettings settings, string? privateKey = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        _account = privateKey is null ? null : new Account(privateKey, settings.ChainId);
        _web3 = _account is null ? new Web3(settings.Rpc.AbsoluteUri) : new Web3(_account, settings.Rpc.AbsoluteUri);
        Sender = _account is null ? null : Address.Parse(_account.Address);
    }

    /// <summary>Which chain and contracts.</summary>
    public ChainSettings Settings { get; }

    /// <summary>Who sends; null for a connection that only reads.</summary>
    public Address? Sender { get; }

    /// <summary>The number of the newest block.</summary>
    public async Task<ulong> ReadBlockNumberAsync() => (ulong)(await ReadLatestBlockAsync().ConfigureAwait(false)).Number.Value;

    /// <summary>The newest block's time, unix seconds: the clock that withdrawals are measured by.</summary>
    public async Task<ulong> ReadTimeAsync() => (ulong)(await ReadLatestBlockAsync().ConfigureAwait(false)).Timestamp.Value;

    /// <summary>The id that the node itself states: compare it with the settings before money moves.</summary>
    public async Task<ulong> ReadChainIdAsync() => (ulong)(await AskAsync(
        "The chain id", () => _web3.Client.SendRequestAsync<HexBigInteger>("eth_chainId")).ConfigureAwait(false)).Value;

    /// <summary>An account's balance of the chain's own coin, in wei.</summary>
    public async Task<UInt128> ReadEtherAsync(Address account) => (UInt128)(await AskAsync(
        "A balance", () => _web3.Eth.GetBalance.SendRequestAsync(account.ToString())).ConfigureAwait(false)).Value;

    /// <summary>True when a contract stands at the address.</summary>
    public async Task<bool> HasCodeAsync(Address address) => (await ReadCodeAsync(address).ConfigureAwait(false)).Length > 0;

    /// <summary>The code that stands at an address; empty when none does.</summary>
    public async Task<byte[]> ReadCodeAsync(Address address) =>
        (await AskAsync("A contract's code", () => _web3.Eth.GetCode.SendRequestAsync(address.ToString())).ConfigureAwait(false)).HexToByteArray();

    /// <summary>What a unit of gas costs now, in wei.</summary>
    public async Task<UInt128> ReadGasPriceAsync() => (UInt128)(await AskAsync(
        "The price of gas", () => _web3.Client.SendRequestAsync<HexBigInteger>("eth_gasPrice")).ConfigureAwait(false)).Value;

    /// <summary>Sends the chain's own coin, in wei, and waits until it is mined.</summary>
    public async Task<Hash32> TransferEtherAsync(Address to, UInt128 wei, CancellationToken cancellationToken = default)
    {
        var input = new TransactionInput { To = to.ToString(), Value = new HexBigInteger(wei) };
        return HashOf(await SendRawAsync($"The transfer of {wei.ToString(CultureInfo.InvariantCulture)} wei to {to}", input, cancellationToken).ConfigureAwait(false));
    }

    public void Dispose() => _sending.Dispose();

    internal static Hash32 HashOf(TransactionReceipt receipt) => Hash32.Parse(receipt.TransactionHash);

    /// <summary>Calls a view that returns one value.</summary>
    internal Task<TValue> QueryAsync<TMessage, TValue>(Address contract, TMessage message)
        where TMessage : FunctionMessage, new() => AskAsync(
            NameOf(message), () => _web3.Eth.GetContractQueryHandler<TMessage>().QueryAsync<TValue>(contract.ToString(), message));

    /// <summary>Calls a view that returns several values, at a block or at the newest.</summary>
    internal Task<TOutput> QueryManyAsync<TMessage, TOutput>(Address contract, TMessage message, ulong? block = null)
        where TMessage : FunctionMessage, new()
        where TOutput : IFunctionOutputDTO, new() => AskAsync(
            NameOf(message),
            () => _web3.Eth.GetContractQueryHandler<TMessage>().QueryDeserializingToObjectAsync<TOutput>(
                message, contract.ToString(), block is { } number ? new BlockParameter(number) : BlockParameter.CreateLatest()));

    /// <summary>Sends a call and waits until it is mined; throws when the contract refuses.</summary>
    internal Task<TransactionReceipt> SendAsync<TMessage>(Address contract, TMessage message, CancellationToken cancellationToken)
        where TMessage : FunctionMessage, new()
    {
        message.FromAddress = RequireAccount().Address;
        var handler = _web3.Eth.GetContractTransactionHandler<TMessage>();
        return SubmitAsync(
            $"{NameOf(message)} on {contract}",
            () => handler.EstimateGasAsync(contract.ToString(), message),
            gas =>
            {
                message.Gas = gas;
                return handler.SendRequestAsync(contract.ToString(), message);
            },
            cancellationToken);
    }

    /// <summary>Sends a transaction that is no typed call, and waits until it is mined.</summary>
    internal Task<TransactionReceipt> SendRawAsync(string what, TransactionInput input, CancellationToken cancellationToken)
    {
        input.From = RequireAccount().Address;
        return SubmitAsync(
            what,
            () => _web3.TransactionManager.EstimateGasAsync(input),
            gas =>
            {
                // Every attempt takes its own nonce.
                (input.Gas, input.Nonce) = (new HexBigInteger(gas), null);
                return _web3.TransactionManager.SendTransactionAsync(input);
            },
            cancellationToken);
    }

    /// <summary>What a transaction that is no typed call would take. Sends nothing, and needs no key.</summary>
    internal async Task<ulong> EstimateGasAsync(string what, TransactionInput input)
    {
        input.From = _account?.Address;
        return (ulong)(await AskAsync(what, () => _web3.Eth.Transactions.EstimateGas.SendRequestAsync(input)).ConfigureAwait(false)).Value;
    }

    /// <summary>Asks for something that only a local chain does.</summary>
    internal Task AskForknetAsync(Func<IClient, Task> ask) => AskAsync("A request to the local chain", async () =>
    {
        await ask(_web3.Client).ConfigureAwait(false);
        return true;
    });

    private async Task<TransactionReceipt> SubmitAsync(
        string what, Func<Task<HexBigInteger>> estimate, Func<BigInteger, Task<string>> send, CancellationToken cancellationToken)
    {
        var estimated = await AskAsync(what, estimate).ConfigureAwait(false);
        var hash = await LeaveAsync(what, send, estimated.Value * (100 + GasMarginPercent) / 100, cancellationToken).ConfigureAwait(false);
        var receipt = await AwaitReceiptAsync(what, hash, cancellationToken).ConfigureAwait(false);
        if (receipt.Failed())
        {
            throw await ExplainFailureAsync(what, receipt, estimate).ConfigureAwait(false);
        }

        return receipt;
    }

    private async Task<string> LeaveAsync(string what, Func<BigInteger, Task<string>> send, BigInteger gas, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await send(gas).ConfigureAwait(false);
                }
                catch (RpcResponseException taken) when (attempt < NonceAttempts && ChainFailures.IsNonceTaken(taken))
                {
                    await ForgetNonceAsync().ConfigureAwait(false);
                }
            }
        }
        catch (Exception failure) when (ChainFailures.Translate(what, Settings.Rpc, failure) is { } translated)
        {
            await ForgetNonceAsync().ConfigureAwait(false);
            throw translated;
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task<TransactionReceipt> AwaitReceiptAsync(string what, string hash, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ReceiptLimit);
        try
        {
            return await AskAsync(what, () => _web3.TransactionReceiptPolling.PollForReceiptAsync(hash, limit.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ChainUnavailableException(
                $"{what} was sent as {hash} and not mined within {ReceiptLimit.TotalSeconds:0} s: read the state before repeating it.", late);
        }
    }

    // Trying the same call once more usually shows why it failed: the reason is not part of a receipt.
    private static async Task<ContractRevertedException> ExplainFailureAsync(string what, TransactionReceipt receipt, Func<Task<HexBigInteger>> retry)
    {
        try
        {
            await retry().ConfigureAwait(false);
            return new ContractRevertedException(what, HashOf(receipt), null);
        }
        catch (Exception refused) when (ChainFailures.ReadRevert(refused) is not null)
        {
            return new ContractRevertedException(what, HashOf(receipt), ChainFailures.ReadRevert(refused));
        }
    }

    private async Task<BlockWithTransactionHashes> ReadLatestBlockAsync() => await AskAsync(
        "The newest block",
        () => _web3.Eth.Blocks.GetBlockWithTransactionsHashesByNumber.SendRequestAsync(BlockParameter.CreateLatest())).ConfigureAwait(false);

    private async Task<T> AskAsync<T>(string what, Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (Exception failure) when (ChainFailures.Translate(what, Settings.Rpc, failure) is { } translated)
        {
            throw translated;
        }
    }

    private Task ForgetNonceAsync() => _account?.NonceService?.ResetNonceAsync() ?? Task.CompletedTask;

    private Account RequireAccount() =>
        _account ?? throw new InvalidOperationException("This connection only reads: it was made without a key.");

    private static string NameOf<TMessage>(TMessage message) => message!.GetType().Name.Replace("Message", "", StringComparison.Ordinal);
}
