using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Nodes;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Nodes;

/// <summary>Jobs carry vouchers and prompts: without TLS they stay on this machine unless the operator says otherwise.</summary>
public sealed class PlainEndpointTests
{
    [Theory]
    [InlineData("10.0.0.7:8090", false)]
    [InlineData("node.example:8090", false)]
    [InlineData("https://node.example:8090", true)]
    [InlineData("127.0.0.1:8090", true)]
    public async Task A_node_elsewhere_without_tls_is_not_taken_in(string endpoint, bool isTaken) =>
        Assert.Equal(isTaken, await JoinAsync(endpoint, "Ncn:Worker:Tls", AddressRules.All));

    [Fact]
    public async Task An_operator_can_allow_it() => Assert.True(await JoinAsync("10.0.0.7:8090", "Ncn:Worker:Tls", AddressRules.All, allowPlain: true));

    /// <summary>Anybody can join, so the endpoint is a stranger's word: it must not make the gateway call what only the gateway can reach.</summary>
    [Theory]
    [InlineData("https://169.254.169.254:443")]
    [InlineData("https://10.0.0.7:443")]
    [InlineData("https://[fd00::1]:443")]
    [InlineData("https://[::ffff:10.0.0.7]:443")]
    [InlineData("https://127.0.0.1:6379")]
    [InlineData("localhost:6379")]
    [InlineData("https://inside.example:443")]
    public async Task A_node_inside_is_not_taken_in_unless_the_operator_allows_it(string endpoint)
    {
        Assert.False(await JoinAsync(endpoint, "AllowPrivateNodes", AddressRules.PublicOnly));
        Assert.True(await JoinAsync(endpoint, "AllowPrivateNodes", AddressRules.All));
    }

    [Fact]
    public async Task A_gateway_on_loopback_takes_this_machines_nodes_and_no_others_inside()
    {
        Assert.True(await JoinAsync("127.0.0.1:8090", "AllowPrivateNodes", AddressRules.Of("http://127.0.0.1:8080", allowPrivate: false)));
        Assert.False(await JoinAsync("https://10.0.0.7:443", "AllowPrivateNodes", AddressRules.Of("http://127.0.0.1:8080", allowPrivate: false)));
        Assert.False(await JoinAsync("127.0.0.1:8090", "AllowPrivateNodes", AddressRules.Of("https://gateway.example", allowPrivate: false)));
    }

    private static async Task<bool> JoinAsync(string endpoint, string advice, AddressRules rules, bool allowPlain = false)
    {
        using var gateway = new MemoryGateway();
        var options = Options.Create(new GatewayOptions { Subnet = 1, SubnetName = "chat", ModelKind = ModelOffer.Decoder, AllowPlainNodes = allowPlain });
        var nodes = new NodesEndpoint(gateway.Actors, gateway.Routing, gateway.Terms, gateway.Wallet, new AddressGuard(rules, ResolveAsync), gateway.Identity, options);
        var record = new NodeRecord(gateway.Node.Address, 2, endpoint, [1], [gateway.Offer], 4, default, MemoryActors.Now, ulong.MaxValue);
        var body = JsonSerializer.SerializeToUtf8Bytes(gateway.Node.Sign(record, gateway.Identity.NetworkDomain), ProtocolJson.Options);
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream(body);
        await nodes.JoinAsync(http);
        var answer = Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray());
        Assert.Equal(http.Response.StatusCode == StatusCodes.Status422UnprocessableEntity, answer.Contains(advice, StringComparison.Ordinal));
        return http.Response.StatusCode == StatusCodes.Status200OK;
    }

    private static Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        Task.FromResult<IPAddress[]>([IPAddress.Parse(host switch { "localhost" => "127.0.0.1", "inside.example" => "10.9.8.7", _ => "93.184.216.34" })]);
}
