using System.Text;
using Dapr.Actors;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

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
    public const string Validator = "ValidatorActor";

    private const int ModelBytes = 8;

    /// <summary>SubnetActor: the subnet's number.</summary>
    public static ActorId IdOf(SubnetId subnet) => new(subnet.ToString());

    /// <summary>MempoolActor: the subnet's number, the first eight bytes of the hash of the model's name, and the number of its share.</summary>
    public static ActorId IdOf(SubnetId subnet, string model, uint shard) =>
        new($"{subnet}-{Convert.ToHexStringLower(Keccak256.Of(Encoding.UTF8.GetBytes(model)).ToArray().AsSpan(0, ModelBytes))}-{shard}");

    /// <summary>PaymentsActor: the operator that is paid, in whatever subnet.</summary>
    public static ActorId IdOf(Address paid) => new(paid.ToString());

    /// <summary>GuestActor: the subnet's number and the first byte of the guest's hash.</summary>
    public static ActorId IdOf(SubnetId subnet, Hash32 guest) => new($"{subnet}-{guest.ToString()[2..4]}");

    /// <summary>ChannelActor: the channel's id in hex.</summary>
    public static ActorId IdOf(ChannelId channel) => new(channel.ToString());

    /// <summary>RequestActor and BatchActor: the request's id in hex.</summary>
    public static ActorId IdOf(RequestId request) => new(request.ToString());
}
