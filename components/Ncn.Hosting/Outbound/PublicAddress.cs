using System.Net;
using System.Net.Sockets;

namespace Ncn.Hosting.Outbound;

/// <summary>Tells addresses of the public internet from those that mean something only where the caller stands.</summary>
/// <remarks>
/// The special ranges are IANA's registries of special-purpose addresses (RFC 6890 and its updates). IPv6 that embeds IPv4
/// (mapped, translated, 6to4, Teredo) is judged by what it can reach: mapped addresses as IPv4, the others are refused.
/// </remarks>
public static class PublicAddress
{
    private static readonly IPNetwork[] SpecialV4 =
    [
        Range("0.0.0.0/8"), Range("10.0.0.0/8"), Range("100.64.0.0/10"), Range("127.0.0.0/8"), Range("169.254.0.0/16"), Range("172.16.0.0/12"),
        Range("192.0.0.0/24"), Range("192.0.2.0/24"), Range("192.88.99.0/24"), Range("192.168.0.0/16"), Range("198.18.0.0/15"),
        Range("198.51.100.0/24"), Range("203.0.113.0/24"), Range("224.0.0.0/4"), Range("240.0.0.0/4"),

        // Azure's platform answers each virtual machine here, although the address is of the public range.
        Range("168.63.129.16/32"),
    ];

    private static readonly IPNetwork GlobalV6 = Range("2000::/3");

    private static readonly IPNetwork[] SpecialV6 = [Range("2001::/23"), Range("2001:db8::/32"), Range("2002::/16"), Range("3fff::/20")];

    /// <summary>True for an address that anybody on the internet could call just as well.</summary>
    public static bool Is(IPAddress address)
    {
        var plain = Plain(address);
        return plain.AddressFamily == AddressFamily.InterNetwork
            ? !Array.Exists(SpecialV4, range => range.Contains(plain))
            : GlobalV6.Contains(plain) && !Array.Exists(SpecialV6, range => range.Contains(plain));
    }

    /// <summary>True for this machine itself.</summary>
    public static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(Plain(address));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPNetwork Range(string text) => IPNetwork.Parse(text);
}
