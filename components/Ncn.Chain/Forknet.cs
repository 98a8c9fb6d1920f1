using Ncn.Protocol;
using Nethereum.Hex.HexTypes;

namespace Ncn.Chain;

/// <summary>What only a local chain (anvil) allows. A real node answers every call with an error, and nothing happens.</summary>
public sealed class Forknet(ChainConnection chain)
{
    /// <summary>Where stock x402 clients look for the batch-settlement contract.</summary>
    public static Address CanonicalX402 { get; } = Address.Parse("0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003");

    /// <summary>Where they look for the collector of EIP-3009 deposits.</summary>
    public static Address CanonicalCollector { get; } = Address.Parse("0x4020806089470a89826cB9fB1f4059150b550004");

    /// <summary>The contracts that have such an address.</summary>
    public static IReadOnlyDictionary<string, Address> Canonical { get; } = new Dictionary<string, Address>(StringComparer.Ordinal)
    {
        ["InferencePayment"] = CanonicalX402,
        ["Eip3009Collector"] = CanonicalCollector,
    };

    /// <summary>Lets the code of one contract stand at another address too, with storage of its own.</summary>
    public Task CopyCodeAsync(Address from, Address to) => chain.AskForknetAsync(async client =>
    {
        var code = await client.SendRequestAsync<string>("eth_getCode", null, from.ToString(), "latest").ConfigureAwait(false);
        await client.SendRequestAsync("anvil_setCode", null, to.ToString(), code).ConfigureAwait(false);
    });

    /// <summary>Gives an account exactly this much of the chain's own coin, in wei.</summary>
    public Task SetEtherAsync(Address account, UInt128 wei) => chain.AskForknetAsync(
        client => client.SendRequestAsync("anvil_setBalance", null, account.ToString(), new HexBigInteger(wei).HexValue));

    /// <summary>Mines one block this many seconds later.</summary>
    public Task AdvanceTimeAsync(ulong seconds) => chain.AskForknetAsync(async client =>
    {
        await client.SendRequestAsync("evm_increaseTime", null, seconds).ConfigureAwait(false);
        await client.SendRequestAsync("evm_mine").ConfigureAwait(false);
    });

    /// <summary>Mines this many blocks.</summary>
    public Task MineAsync(uint blocks) => chain.AskForknetAsync(
        client => client.SendRequestAsync("anvil_mine", null, new HexBigInteger(blocks).HexValue));
}
