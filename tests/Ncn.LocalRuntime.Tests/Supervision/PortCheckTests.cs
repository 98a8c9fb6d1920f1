using System.Net;
using System.Net.Sockets;
using Ncn.LocalRuntime.Configuration;
using Ncn.LocalRuntime.Supervision;

namespace Ncn.LocalRuntime.Tests.Supervision;

public sealed class PortCheckTests
{
    [Fact]
    public async Task A_port_in_use_is_named_with_its_owner_before_anything_starts()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var refused = await Assert.ThrowsAsync<ConfigurationException>(
            () => PortCheck.RequireFreeAsync([(port, "gateway-text")], TimeSpan.Zero, CancellationToken.None));
        Assert.Contains($"Port {port} of gateway-text is in use", refused.Message, StringComparison.Ordinal);

        other.Stop();
        await PortCheck.RequireFreeAsync([(port, "gateway-text")], TimeSpan.Zero, CancellationToken.None);
    }
}
