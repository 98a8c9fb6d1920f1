using System.Net;
using System.Net.Sockets;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Fairness;

/// <summary>Who shares fairly with others.</summary>
internal static class Payers
{
    internal static Address Of(ClientCall call, ClientPayment? payment) => payment?.Caller ?? Anonymous(call.Remote);

    // Who pays nothing is known by its network: the whole address of IPv4, the first 64 bits of IPv6, which one customer has.
    private static Address Anonymous(IPAddress? remote)
    {
        Span<byte> name = stackalloc byte[Address.Size];
        name.Clear();
        if (remote is not null && remote.MapToIPv6().TryWriteBytes(name[4..], out _) && remote is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
        {
            name[12..].Clear();
        }

        return new Address(name);
    }
}
