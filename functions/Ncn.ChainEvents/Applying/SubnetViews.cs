using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Chain.Registry;
using Ncn.ChainEvents.Hosting;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Applying;

/// <summary>Tells the operator's subnets what the registry contract says now of their parameters and of who has staked.</summary>
public sealed class SubnetViews(OperatorAccount account, ChannelActors actors, IOptions<ChainEventsOptions> options)
{
    /// <summary>Reads a subnet's parameters and tells its actor; a subnet of other operators is passed over.</summary>
    internal async Task ObserveParametersAsync(SubnetId subnet)
    {
        if (!options.Value.SubnetIds.Contains(subnet))
        {
            return;
        }

        var block = await account.Chain.ReadBlockNumberAsync();
        var parameters = (await account.Registry.ReadSubnetAsync(subnet)).Parameters;
        await actors.Subnet(subnet).ObserveAsync(new SubnetObservation(Parameters: new MirroredParameters(
            block, parameters.MinGatewayStake, parameters.MinNodeStake, parameters.MinValidatorStake, parameters.UnbondingDelay,
            parameters.EpochLength, parameters.VerificationFloor, parameters.Policy)));
    }

    /// <summary>Reads an operator's stake and tells the subnet's actor.</summary>
    internal async Task ObserveStakeAsync(SubnetId subnet, Address staker)
    {
        if (!options.Value.SubnetIds.Contains(subnet))
        {
            return;
        }

        var block = await account.Chain.ReadBlockNumberAsync();
        var gateway = await account.Registry.ReadStakeAsync(subnet, SubnetRole.Gateway, staker);
        var node = await account.Registry.ReadStakeAsync(subnet, SubnetRole.Node, staker);
        var validator = await account.Registry.ReadStakeAsync(subnet, SubnetRole.Validator, staker);
        var home = await account.Stakes.ReadHomeAsync(staker);
        await actors.Subnet(subnet).ObserveAsync(new SubnetObservation(
            Operator: staker, Stake: new MirroredStake(block, gateway.Bonded, node.Bonded, validator.Bonded, home?.Value ?? 0)));
    }

    /// <summary>Reads everything that is known of the subnets anew, since the chain took blocks back.</summary>
    internal async Task RefreshAsync(ulong reorganizedFrom, CancellationToken cancellationToken)
    {
        foreach (var subnet in options.Value.SubnetIds)
        {
            await actors.Subnet(subnet).ObserveAsync(new SubnetObservation(ReorganizedFrom: reorganizedFrom));
            var mirror = await actors.Subnet(subnet).GetMirrorAsync();
            if (mirror.Parameters is { Block: 0 })
            {
                await ObserveParametersAsync(subnet);
            }

            foreach (var staker in mirror.Stakes.Where(static entry => entry.Value.Block == 0).Select(static entry => entry.Key))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await ObserveStakeAsync(subnet, staker);
            }
        }
    }
}
