using Ncn.Chain.Registry;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>An operator with stake in a subnet of its own, which is its home: half a percent of what it is paid goes to that subnet's validators.</summary>
internal static class Stakeholder
{
    internal const ulong Stake = 100 * LocalChain.Dollar;

    /// <summary>To be called before the operator's app sends: a key sends from one process at a time.</summary>
    internal static async Task<SubnetId> StakeAsync(LocalChain local, Party gateway)
    {
        var (registry, stake) = (new ValidatorRegistryContract(gateway.Chain), new TokenAmount(Stake));
        await local.Minter.Token.MintAsync(gateway.Address, stake);
        var subnet = await registry.CreateSubnetAsync("text", local.Settings.Token, new SubnetParameters(stake, stake, stake, 14 * 86_400, 600, 500, default));
        await gateway.Token.EnsureAllowanceAsync(local.Settings.ValidatorRegistry, stake);
        await registry.StakeAsync(subnet.Id, SubnetRole.Gateway, stake);
        return subnet.Id;
    }

    internal static Task<StakeView> ReadStakeAsync(Party gateway, SubnetId subnet) =>
        new ValidatorRegistryContract(gateway.Chain).ReadStakeAsync(subnet, SubnetRole.Gateway, gateway.Address);
}
