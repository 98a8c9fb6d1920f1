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
    private const int MostMembers = 512;
    private const int MostAsked = 16;

    /// <summary>Reads a subnet's parameters, those in force and those proposed, and its owner, and tells its actor; a subnet of other operators is passed over.</summary>
    internal async Task ObserveSubnetAsync(SubnetId subnet)
    {
        if (!options.Value.SubnetIds.Contains(subnet))
        {
            return;
        }

        var block = await account.Chain.ReadBlockNumberAsync();
        // The proposal first: one that comes into force between the two readings is then seen twice, and not missed.
        var proposed = await account.Stakes.ReadPendingParametersAsync(subnet);
        var view = await account.Registry.ReadSubnetAsync(subnet);
        if (!view.Parameters.MinNodeStake.IsZero)
        {
            await ObserveMembersAsync(subnet);
        }

        await actors.Subnet(subnet).ObserveAsync(new SubnetObservation(
            Parameters: Mirrored(block, view.Parameters),
            Proposed: proposed is null ? null : new ProposedParameters(Mirrored(block, proposed.Parameters), proposed.EffectiveAt),
            Owner: new MirroredOwner(block, view.Name, view.Owner, view.PendingOwner, view.StakeToken)));
    }

    /// <summary>What no event tells: proposed parameters whose time has come, a subnet that the registry knows nothing of, and stakes that it was asked for and does not know.</summary>
    internal async Task FollowAsync(CancellationToken cancellationToken)
    {
        foreach (var subnet in options.Value.SubnetIds)
        {
            var rules = await actors.Subnet(subnet).GetRulesAsync();
            if ((rules.Parameters is null && await account.Registry.ReadSubnetCountAsync() >= subnet.Value)
                || (rules.Proposed is { EffectiveAt: var at } && await account.Chain.ReadTimeAsync() >= at))
            {
                await ObserveSubnetAsync(subnet);
            }

            foreach (var asked in rules.UnknownStakes.Take(MostAsked))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await ObserveStakeAsync(subnet, asked);
            }
        }
    }

    // Before the subnet demands a stake, the stakes of those who are in are known: nobody is out for as long as its event is on its way.
    private async Task ObserveMembersAsync(SubnetId subnet)
    {
        var members = (await actors.Subnet(subnet).GetSnapshotAsync(0))?.Nodes ?? [];
        foreach (var member in members.Where(static node => node.Stake is null).Take(MostMembers))
        {
            await ObserveStakeAsync(subnet, member.Record.Operator);
        }
    }

    private static MirroredParameters Mirrored(ulong block, SubnetParameters parameters) => new(
        block, parameters.MinGatewayStake, parameters.MinNodeStake, parameters.MinValidatorStake, parameters.UnbondingDelay,
        parameters.EpochLength, parameters.VerificationFloor, parameters.Policy);

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
                await ObserveSubnetAsync(subnet);
            }

            foreach (var staker in mirror.Stakes.Where(static entry => entry.Value.Block == 0).Select(static entry => entry.Key))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await ObserveStakeAsync(subnet, staker);
            }
        }
    }
}
