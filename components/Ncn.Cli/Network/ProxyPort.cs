using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ncn.Cli.Network;

/// <summary>Where the paying proxy listens; it follows the ports of the rest of the network.</summary>
internal static class ProxyPort
{
    private const int Named = 8085;

    /// <summary>The port asked for, else 8085 plus NCN_PORT_OFFSET, else with NCN_PORTS=system one that the system chooses.</summary>
    /// <exception cref="CliException">Something else listens there.</exception>
    public static int Choose(int? option)
    {
        var system = Environment.GetEnvironmentVariable("NCN_PORTS") == "system";
        _ = int.TryParse(Environment.GetEnvironmentVariable("NCN_PORT_OFFSET"), NumberStyles.None, CultureInfo.InvariantCulture, out var offset);
        return Reserve(option ?? (system ? 0 : Named + offset));
    }

    private static int Reserve(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
        catch (SocketException)
        {
            throw new CliException($"The port {port} of the paying proxy is in use. Free it, or give another one with --proxy-port.");
        }
        finally
        {
            listener.Stop();
        }
    }
}
