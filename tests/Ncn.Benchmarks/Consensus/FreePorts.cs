using System.Net;
using System.Net.Sockets;

namespace Ncn.Benchmarks.Consensus;

/// <summary>Ports for programs that cannot ask the system themselves.</summary>
internal static class FreePorts
{
    public static int[] Take(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(static _ => new TcpListener(IPAddress.Loopback, 0))];
        try
        {
            Array.ForEach(listeners, static listener => listener.Start());
            return [.. listeners.Select(static listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            Array.ForEach(listeners, static listener => listener.Dispose());
        }
    }
}
