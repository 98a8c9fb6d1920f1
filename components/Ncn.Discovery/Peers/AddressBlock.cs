using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Ncn.Discovery;

/// <summary>The neighbourhood of an address that one party can be expected to hold: a /24 of IPv4, a /48 of IPv6.</summary>
/// <remarks>Limits count peers by it, since ids cost nothing and addresses cost something.</remarks>
public readonly record struct AddressBlock(ulong Value)
{
    private const ulong Ipv4 = 4UL << 56;
    private const ulong Ipv6 = 6UL << 56;

    /// <summary>Not known yet, or of no meaning (loopback of a development network): counts against no limit.</summary>
    public static AddressBlock Exempt => default;

    /// <summary>True when it counts against no limit.</summary>
    public bool IsExempt => Value == 0;

    /// <summary>The block of a peer's pinned address; exempt for loopback when that is allowed.</summary>
    public static AddressBlock Of(IPAddress address, bool exemptLoopback)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (exemptLoopback && IPAddress.IsLoopback(plain))
        {
            return Exempt;
        }

        var bytes = plain.GetAddressBytes();
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? new AddressBlock(Ipv4 | (BinaryPrimitives.ReadUInt32BigEndian(bytes) >> 8))
            : new AddressBlock(Ipv6 | (BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16));
    }
}
