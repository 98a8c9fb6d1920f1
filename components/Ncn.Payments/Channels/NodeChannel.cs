using System.Text;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Payments.Channels;

/// <summary>The channel on which a gateway pays a node: both sides compute the same one.</summary>
public static class NodeChannel
{
    /// <summary>Seconds that a gateway's withdrawal takes, which is the time a node has to claim: one hour.</summary>
    public const ulong WithdrawDelaySeconds = 3600;

    private static readonly Hash32 Salt = Keccak256.Of(Encoding.UTF8.GetBytes("ncn/gateway-node-channel/1"));

    /// <summary>The channel's definition.</summary>
    public static ChannelConfig Config(Address gateway, Address node, Address token) =>
        new(gateway, Address.Zero, node, node, token, WithdrawDelaySeconds, Salt);
}
