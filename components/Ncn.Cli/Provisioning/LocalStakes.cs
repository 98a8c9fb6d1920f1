using Ncn.Chain;
using Ncn.Chain.Registry;
using Ncn.Chain.Tokens;
using Ncn.Protocol;

namespace Ncn.Cli.Provisioning;

/// <summary>The two subnets of a local network, and the stakes of those who work in them.</summary>
/// <remarks>Operators stake in every subnet: a local gateway key serves both, and so does each worker.</remarks>
internal sealed class LocalStakes(ChainConnection faucet, Action<string> log)
{
    /// <summary>The subnets' names, by id from 1.</summary>
    public static readonly string[] Subnets = ["text", "vision"];

    // 14 days: longer than every window in which stake can still be taken.
    private static readonly SubnetParameters Parameters =
        new(LocalMoney.GatewayStake, LocalMoney.NodeStake, LocalMoney.ValidatorStake,
            UnbondingDelay: 14 * 86_400, EpochLength: 600, VerificationFloor: 500, Policy: default);

    private static IEnumerable<SubnetId> SubnetIds => Enumerable.Range(1, Subnets.Length).Select(id => new SubnetId((uint)id));

    /// <summary>The home subnet of the first, second, … of those who have one role: they take turns.</summary>
    public static SubnetId HomeOf(int index) => new((uint)(index % Subnets.Length) + 1);

    /// <summary>Makes the subnets that are missing.</summary>
    public async Task CreateSubnetsAsync(string ownerKey, CancellationToken cancellation)
    {
        using var owner = new ChainConnection(faucet.Settings, ownerKey);
        var registry = new ValidatorRegistryContract(owner);
        for (var count = await registry.ReadSubnetCountAsync(); count < Subnets.Length; count++)
        {
            var subnet = await registry.CreateSubnetAsync(Subnets[count], faucet.Settings.Token, Parameters, cancellation);
            log($"subnet {subnet.Id} is {subnet.Name}");
        }
    }

    /// <summary>Stakes in each subnet in which the operator has less than this; test dollars that it lacks for it are minted.</summary>
    /// <param name="home">Staked in first, which makes it the operator's home subnet: its validators get the fee on what the operator earns.</param>
    public Task StakeAsync(string key, SubnetRole role, TokenAmount amount, SubnetId home, CancellationToken cancellation) =>
        StakeAsync(key, role, amount, SubnetIds.OrderBy(subnet => subnet != home), cancellation);

    /// <summary>The same in some subnets, in their order.</summary>
    public async Task StakeAsync(string key, SubnetRole role, TokenAmount amount, IEnumerable<SubnetId> subnets, CancellationToken cancellation)
    {
        using var staker = new ChainConnection(faucet.Settings, key);
        var registry = new ValidatorRegistryContract(staker);
        var missing = new List<(SubnetId Subnet, TokenAmount Amount)>();
        foreach (var subnet in subnets)
        {
            var bonded = (await registry.ReadStakeAsync(subnet, role, staker.Sender!.Value)).Bonded;
            if (bonded < amount)
            {
                missing.Add((subnet, amount - bonded));
            }
        }

        if (missing.Count == 0)
        {
            return;
        }

        await AllowAsync(staker, missing.Aggregate(TokenAmount.Zero, (sum, stake) => sum + stake.Amount), cancellation);
        foreach (var (subnet, lacking) in missing)
        {
            await registry.StakeAsync(subnet, role, lacking, cancellation);
            log($"{staker.Sender} staked {lacking} units as {role} in subnet {subnet}");
        }
    }

    private async Task AllowAsync(ChainConnection staker, TokenAmount amount, CancellationToken cancellation)
    {
        var token = new TokenContract(staker, staker.Settings.Token);
        var owned = await token.ReadBalanceAsync(staker.Sender!.Value);
        if (owned < amount)
        {
            await new TokenContract(faucet, faucet.Settings.Token).MintAsync(staker.Sender.Value, amount - owned, cancellation);
        }

        await token.EnsureAllowanceAsync(staker.Settings.ValidatorRegistry, amount, cancellation);
    }
}
