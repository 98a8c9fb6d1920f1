using Dapr.Actors.Client;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.ChainEvents;

/// <summary>The actors that this app asks.</summary>
public sealed class ChannelActors(IActorProxyFactory actors)
{
    /// <summary>A subnet's nodes and channels.</summary>
    public ISubnetActor Subnet(SubnetId subnet) =>
        actors.CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(subnet), ActorTypes.Subnet);

    /// <summary>A channel's ledger.</summary>
    public IChannelActor Channel(ChannelId channel) =>
        actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel);
}
