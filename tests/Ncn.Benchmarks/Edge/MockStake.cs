using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Edge;

/// <summary>The stake of the mock node's operator, without which a gateway sends it nothing.</summary>
internal static class MockStake
{
    // The first account of every anvil, which may mint the forknet's dollars.
    private const string FaucetKey = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    private const ulong WeiForGas = 1_000_000_000_000_000_000;

    public static async Task PutAsync(ChainSettings settings, SubnetId subnet, byte[] key, CancellationToken cancellation)
    {
        using var faucet = new ChainConnection(settings, FaucetKey);
        using var staker = new ChainConnection(settings, "0x" + Convert.ToHexStringLower(key));
        var registry = new ValidatorRegistryContract(staker);
        TokenAmount needed = (await registry.ReadSubnetAsync(subnet)).Parameters.MinNodeStake;
        await faucet.TransferEtherAsync(staker.Sender!.Value, WeiForGas, cancellation);
        await new TokenContract(faucet, settings.Token).MintAsync(staker.Sender.Value, needed, cancellation);
        await new TokenContract(staker, settings.Token).EnsureAllowanceAsync(settings.ValidatorRegistry, needed, cancellation);
        await registry.StakeAsync(subnet, SubnetRole.Node, needed, cancellation);
    }
}
