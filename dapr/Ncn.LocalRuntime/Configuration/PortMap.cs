using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>
/// Maps each port that the files name to the port that is used: the same, the same plus an offset, or one that the
/// system chose. The environment of the apps follows: variables named <c>…_PORT</c> or <c>…Port</c> and every <c>127.0.0.1:port</c>.
/// </summary>
internal sealed partial class PortMap
{
    private readonly Dictionary<int, int> ports;

    private PortMap(Dictionary<int, int> ports) => this.ports = ports;

    public static PortMap Shifted(IEnumerable<int> named, int offset) =>
        new(named.Distinct().ToDictionary(port => port, port => port + offset));

    public static PortMap SystemChosen(IEnumerable<int> named)
    {
        // All are held open until the last is chosen, so that the system cannot hand out one of them twice.
        var held = new List<TcpListener>();
        try
        {
            return new PortMap(named.Distinct().ToDictionary(port => port, _ => Reserve(held)));
        }
        finally
        {
            held.ForEach(listener => listener.Stop());
        }
    }

    public static bool IsPort(string name, string value, out int port)
    {
        port = 0;
        return (name.EndsWith("_PORT", StringComparison.Ordinal) || name.EndsWith("Port", StringComparison.Ordinal)) && int.TryParse(value, CultureInfo.InvariantCulture, out port) && port > 0;
    }

    public static IEnumerable<int> PortsOf(AppSpec app) =>
        new[] { app.AppPort, app.DaprHttpPort, app.DaprGrpcPort }.Where(port => port > 0).Concat(EnvironmentPorts(app));

    public int this[int named] => ports.GetValueOrDefault(named, named);

    public AppSpec Apply(AppSpec app) => app with
    {
        AppPort = this[app.AppPort],
        DaprHttpPort = this[app.DaprHttpPort],
        DaprGrpcPort = this[app.DaprGrpcPort],
        Environment = app.Environment.ToDictionary(entry => entry.Key, entry => Rewrite(entry.Key, entry.Value)),
    };

    private static IEnumerable<int> EnvironmentPorts(AppSpec app)
    {
        foreach (var (name, value) in app.Environment)
        {
            if (IsPort(name, value, out var port))
            {
                yield return port;
            }
        }
    }

    private static int Reserve(List<TcpListener> held)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        held.Add(listener);
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string Rewrite(string name, string value) =>
        IsPort(name, value, out var port)
            ? this[port].ToString(CultureInfo.InvariantCulture)
            : LoopbackAddress().Replace(value, match => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{this[int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)]}"));

    [GeneratedRegex(@"127\.0\.0\.1:(\d{1,5})\b")]
    private static partial Regex LoopbackAddress();
}
