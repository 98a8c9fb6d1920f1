using Dapr.Actors;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>Actor type names and ids.</summary>
public static class ActorTypes
{
    public const string Subnet = "SubnetActor";
    public const string Mempool = "MempoolActor";
    public const string Channel = "ChannelActor";
    public const string Request = "RequestActor";
    public const string Payments = "PaymentsActor";
    public const string Batch = "BatchActor";
    public const string Guest = "GuestActor";

    /// <summary>SubnetActor and MempoolActor: the subnet's number.</summary>
    public static ActorId IdOf(SubnetId subnet) => new(subnet.ToString());

    /// <summary>PaymentsActor: the operator that is paid, in whatever subnet.</summary>
    public static ActorId IdOf(Address paid) => new(paid.ToString());

    /// <summary>GuestActor: the subnet's number and the first byte of the guest's hash.</summary>
    public static ActorId IdOf(SubnetId subnet, Hash32 guest) => new($"{subnet}-{guest.ToString()[2..4]}");

    /// <summary>ChannelActor: the channel's id in hex.</summary>
    public static ActorId IdOf(ChannelId channel) => new(channel.ToString());

    /// <summary>RequestActor and BatchActor: the request's id in hex.</summary>
    public static ActorId IdOf(RequestId request) => new(request.ToString());
}
