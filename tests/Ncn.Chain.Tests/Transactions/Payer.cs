using System.Text.Json.Nodes;
using Ncn.Chain.Tests.Support;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.Chain.Tests.Transactions;

/// <summary>A key that mints test dollars to nobody's account but a counting one, so that each transaction shows.</summary>
internal sealed class Payer
{
    private readonly LocalChain _local;

    private Payer(LocalChain local, Party party)
    {
        (_local, Party) = (local, party);
        Anvil = new Anvil(local.Settings.Rpc);
        Shop = new Address(Convert.FromHexString("5e11" + Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(18))));
    }

    internal Party Party { get; }

    internal Anvil Anvil { get; }

    internal TestJournal Journal { get; } = new();

    internal PacedTime Time { get; } = new();

    /// <summary>Who is paid.</summary>
    internal Address Shop { get; }

    internal static async Task<Payer> CreateAsync(LocalChain local) => new(local, await local.NewPartyAsync(0));

    /// <summary>A process with the payer's key and journal.</summary>
    internal ChainConnection Connect(Func<ChainSettings, ChainSettings>? change = null, ITransactionJournal? journal = null) =>
        new((change ?? (static settings => settings))(_local.Settings), Party.Key, journal ?? Journal, Time, static () => 0);

    /// <summary>The payment of some wei.</summary>
    internal TransactionCall Pay(ulong wei = 1) => new(Shop, default, "A payment", wei);

    /// <summary>What arrived.</summary>
    internal Task<UInt128> PaidAsync() => _local.Minter.Chain.ReadEtherAsync(Shop);

    internal Task<int> SentAsync() => Anvil.CountAsync(Party.Address.ToString());

    /// <summary>Sends a raw transaction of the payer's key that its journal knows nothing of.</summary>
    internal async Task<string> SendElsewhereAsync(ulong nonce, ulong maxFee)
    {
        var account = new Nethereum.Web3.Accounts.Account(Party.Key, _local.Settings.ChainId);
        var raw = await new Nethereum.Web3.Web3(account, _local.Settings.Rpc.AbsoluteUri).TransactionManager.SignTransactionAsync(new Nethereum.RPC.Eth.DTOs.TransactionInput
        {
            From = account.Address,
            To = account.Address,
            Value = new Nethereum.Hex.HexTypes.HexBigInteger(0),
            Gas = new Nethereum.Hex.HexTypes.HexBigInteger(21_000),
            Nonce = new Nethereum.Hex.HexTypes.HexBigInteger(nonce),
            MaxFeePerGas = new Nethereum.Hex.HexTypes.HexBigInteger(maxFee),
            MaxPriorityFeePerGas = new Nethereum.Hex.HexTypes.HexBigInteger(maxFee),
        });
        return (string)(await Anvil.AskAsync("eth_sendRawTransaction", JsonValue.Create("0x" + raw)))!;
    }
}
