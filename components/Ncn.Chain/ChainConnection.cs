using System.Globalization;
using System.Security.Cryptography;
using Ncn.Chain.Rpc;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Web3.Accounts;

namespace Ncn.Chain;

/// <summary>The chain over one or several nodes, and optionally the key that sends transactions. Safe for concurrent use.</summary>
/// <remarks>What is sent without a purpose of its own gets one that nobody repeats; whoever must not pay twice uses <see cref="Transactions"/>.</remarks>
public sealed class ChainConnection : IDisposable
{
    private const int PurposeBytes = 16;

    private readonly TransactionSender? _transactions;
    private readonly ITransactionJournal? _journal;

    /// <param name="settings">Where the chain is.</param>
    /// <param name="privateKey">0x and 64 hex digits; null for a connection that only reads.</param>
    /// <param name="journal">Where sent transactions are remembered, disposed with the connection; null for what the settings say.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="jitter">Draws from 0 to 1, to spread retries; null for the system's randomness.</param>
    public ChainConnection(
        ChainSettings settings, string? privateKey = null, ITransactionJournal? journal = null, TimeProvider? time = null, Func<double>? jitter = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Settings = settings;
        time ??= TimeProvider.System;
        Pool = new RpcPool(settings, time, jitter ?? Random.Shared.NextDouble);
        if (privateKey is not null)
        {
            var node = new SenderNode(Pool, settings, new Account(privateKey, settings.ChainId));
            _journal = journal ?? (settings.JournalDirectory is { } folder ? new FileTransactionJournal(folder) : new MemoryTransactionJournal());
            (_transactions, Sender) = (new TransactionSender(node, _journal, settings, time), node.Sender);
        }
    }

    /// <summary>Which chain and contracts.</summary>
    public ChainSettings Settings { get; }

    /// <summary>Who sends; null for a connection that only reads.</summary>
    public Address? Sender { get; }

    /// <summary>Sends with the key, each purpose once; throws <see cref="InvalidOperationException"/> without a key.</summary>
    public TransactionSender Transactions => _transactions ?? throw new InvalidOperationException("This connection only reads: it was made without a key.");

    internal RpcPool Pool { get; }

    /// <summary>The number of the newest block.</summary>
    public async Task<ulong> ReadBlockNumberAsync() => (ulong)(await ReadLatestBlockAsync().ConfigureAwait(false)).Number.Value;

    /// <summary>The hash of a block; null when the chain has none of this number yet.</summary>
    public Task<Hash32?> ReadBlockHashAsync(ulong number) => Pool.AskAsync("A block's hash", node => node.AskAsync<Hash32?>(
        async web3 => await web3.Eth.Blocks.GetBlockWithTransactionsHashesByNumber.SendRequestAsync(new BlockParameter(number)).ConfigureAwait(false) is { BlockHash: { } hash } ? Hash32.Parse(hash) : null,
        default));

    /// <summary>The newest block's time, unix seconds: the clock that withdrawals are measured by.</summary>
    public async Task<ulong> ReadTimeAsync() => (ulong)(await ReadLatestBlockAsync().ConfigureAwait(false)).Timestamp.Value;

    /// <summary>The id that the first node itself states: compare it with the settings before money moves.</summary>
    public Task<ulong> ReadChainIdAsync() => Pool.AskOnceAsync("The chain id", node => node.AskChainIdAsync(default));

    /// <summary>An account's balance of the chain's own coin, in wei.</summary>
    public async Task<UInt128> ReadEtherAsync(Address account) => (UInt128)(await Pool.AskAsync(
        "A balance", node => node.AskAsync(web3 => web3.Eth.GetBalance.SendRequestAsync(account.ToString()), default)).ConfigureAwait(false)).Value;

    /// <summary>True when a contract stands at the address.</summary>
    public async Task<bool> HasCodeAsync(Address address) => (await ReadCodeAsync(address).ConfigureAwait(false)).Length > 0;

    /// <summary>The code that stands at an address; empty when none does.</summary>
    public async Task<byte[]> ReadCodeAsync(Address address) => (await Pool.AskAsync(
        "A contract's code", node => node.AskAsync(web3 => web3.Eth.GetCode.SendRequestAsync(address.ToString()), default)).ConfigureAwait(false)).HexToByteArray();

    /// <summary>What a unit of gas costs now, in wei.</summary>
    public async Task<UInt128> ReadGasPriceAsync() => (UInt128)(await Pool.AskAsync("The price of gas", node => node.AskAsync(
        web3 => web3.Client.SendRequestAsync<HexBigInteger>("eth_gasPrice"), default)).ConfigureAwait(false)).Value;

    /// <summary>Sends the chain's own coin, in wei, and waits until it is mined.</summary>
    public async Task<Hash32> TransferEtherAsync(Address to, UInt128 wei, CancellationToken cancellationToken = default)
    {
        var call = new TransactionCall(to, default, $"The transfer of {wei.ToString(CultureInfo.InvariantCulture)} wei to {to}", wei);
        return (await SendAsync(call, cancellationToken).ConfigureAwait(false)).Transaction;
    }

    /// <summary>Sends a call under a purpose that nobody repeats and waits until it is mined.</summary>
    /// <exception cref="ContractRevertedException">The contract refused.</exception>
    /// <exception cref="ChainUnavailableException">Nothing was sent, or nobody knows what became of it; the message says which.</exception>
    public async Task<MinedReceipt> SendAsync(TransactionCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        var purpose = new PurposeId("once-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PurposeBytes)));
        return await Transactions.SendAsync(purpose, call, cancellationToken).ConfigureAwait(false) switch
        {
            TransactionOutcome.Mined mined => mined.Receipt,
            TransactionOutcome.Reverted reverted => throw new ContractRevertedException(call.What, reverted),
            TransactionOutcome.Pending pending => throw new ChainUnavailableException(
                $"{call.What} was signed as {pending.Hash} and not mined within {Settings.Limits.PatienceSeconds} s: read the state before repeating it. {Transactions.Trouble}"),
            var other => throw new InvalidOperationException($"{other} is no outcome."),
        };
    }

    public void Dispose()
    {
        _transactions?.Dispose();
        Pool.Dispose();
        _journal?.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>A typed call, for its data.</summary>
    internal static TransactionCall CallOf<TMessage>(Address contract, TMessage message)
        where TMessage : FunctionMessage, new() => new(contract, new HexBytes(message.GetCallData()), $"{NameOf(message)} on {contract}");

    /// <summary>Calls a view that returns one value.</summary>
    internal Task<TValue> QueryAsync<TMessage, TValue>(Address contract, TMessage message)
        where TMessage : FunctionMessage, new() => Pool.AskAsync(NameOf(message), node => node.AskAsync(
            web3 => web3.Eth.GetContractQueryHandler<TMessage>().QueryAsync<TValue>(contract.ToString(), From(message)), default));

    /// <summary>Calls a view that returns several values, at a block or at the newest.</summary>
    internal Task<TOutput> QueryManyAsync<TMessage, TOutput>(Address contract, TMessage message, ulong? block = null)
        where TMessage : FunctionMessage, new()
        where TOutput : IFunctionOutputDTO, new() => Pool.AskAsync(NameOf(message), node => node.AskAsync(
            web3 => web3.Eth.GetContractQueryHandler<TMessage>().QueryDeserializingToObjectAsync<TOutput>(
                From(message), contract.ToString(), block is { } number ? new BlockParameter(number) : BlockParameter.CreateLatest()),
            default));

    /// <summary>Sends a call and waits until it is mined; throws when the contract refuses.</summary>
    internal Task<MinedReceipt> SendAsync<TMessage>(Address contract, TMessage message, CancellationToken cancellationToken)
        where TMessage : FunctionMessage, new() => SendAsync(CallOf(contract, message), cancellationToken);

    /// <summary>The gas that a call would take. Sends nothing, and needs no key.</summary>
    /// <param name="standing">Addresses at which code counts as standing, since it will by then.</param>
    internal async Task<ulong> EstimateGasAsync(TransactionCall call, IReadOnlyCollection<Address> standing)
    {
        var input = new CallInput { From = Sender?.ToString(), To = call.To.ToString(), Data = call.Data.ToString(), Value = new HexBigInteger(call.Wei) };
        var overrides = standing.ToDictionary(address => address.ToString(), _ => new Dictionary<string, string> { ["code"] = "0x00" });
        object[] parameters = overrides.Count == 0 ? [input] : [input, "latest", overrides];
        return (ulong)(await Pool.AskAsync(
            call.What, node => node.AskAsync(web3 => web3.Client.SendRequestAsync<HexBigInteger>("eth_estimateGas", null, parameters), default)).ConfigureAwait(false)).Value;
    }

    /// <summary>Asks for something that only a local chain does.</summary>
    internal Task AskForknetAsync(Func<IClient, Task> ask) => Pool.AskOnceAsync("A request to the local chain", node => node.AskAsync(
        async web3 =>
        {
            await ask(web3.Client).ConfigureAwait(false);
            return true;
        },
        default));

    private Task<BlockWithTransactionHashes> ReadLatestBlockAsync() => Pool.AskAsync("The newest block", node => node.AskAsync(
        web3 => web3.Eth.Blocks.GetBlockWithTransactionsHashesByNumber.SendRequestAsync(BlockParameter.CreateLatest()), default));

    private TMessage From<TMessage>(TMessage message)
        where TMessage : FunctionMessage
    {
        message.FromAddress ??= Sender?.ToString();
        return message;
    }

    private static string NameOf<TMessage>(TMessage message) => message!.GetType().Name.Replace("Message", "", StringComparison.Ordinal);
}
