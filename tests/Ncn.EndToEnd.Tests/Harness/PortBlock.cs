using System.Net;
using System.Net.Sockets;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A distance from the network's usual ports at which all of them are free. The ports stay below those that systems hand out for outgoing connections.</summary>
internal static class PortBlock
{
    private const int Lowest = 10_010;
    private const int Highest = 14_900;
    private const int MostTries = 200;

    /// <summary>dapr/dapr.yaml, the chain, Azurite and the proxy.</summary>
    private static readonly int[] Usual =
        [3500, 3501, 3502, 3503, 3506, 3507, 3511, 3512, 3580, 3581, 3582, 3583, 3584, 3600, 3601, 3608, 3609, 3610, 3611, 3612, 3613, 3614, 3615, 3616, 3617, 8080, 8081, 8082, 8083, 8084, 8085, 8090, 8091, 8092, 8093, 8545, 10000, 10001, 10002, 10003];

    /// <summary>Ports of the networks that were asked for so far, started or not.</summary>
    private static readonly HashSet<int> Given = [];

    public static int FindOffset()
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var offset = Random.Shared.Next(Lowest, Highest);
            if (PortsOf(offset).All(IsFree) && Take(offset))
            {
                return offset;
            }
        }

        throw new InvalidOperationException($"In {MostTries} tries no free block of ports was found.");
    }

    public static IEnumerable<int> PortsOf(int offset) => Usual.Select(port => port + offset);

    // Two collections of tests may look for one at the same time.
    private static bool Take(int offset)
    {
        lock (Given)
        {
            var isNew = !PortsOf(offset).Any(Given.Contains);
            Given.UnionWith(isNew ? PortsOf(offset) : []);
            return isNew;
        }
    }

    public static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
