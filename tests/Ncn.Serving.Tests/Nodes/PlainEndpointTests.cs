using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
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
        Assert.Equal(isTaken, await JoinAsync(endpoint, allowPlain: false));

    [Fact]
    public async Task An_operator_can_allow_it() => Assert.True(await JoinAsync("10.0.0.7:8090", allowPlain: true));

    private static async Task<bool> JoinAsync(string endpoint, bool allowPlain)
    {
        using var gateway = new MemoryGateway();
        var options = Options.Create(new GatewayOptions { Subnet = 1, SubnetName = "chat", ModelKind = ModelOffer.Decoder, AllowPlainNodes = allowPlain });
        var nodes = new NodesEndpoint(gateway.Actors, gateway.Routing, gateway.Wallet, gateway.Identity, options);
        var record = new NodeRecord(gateway.Node.Address, 2, endpoint, [1], [gateway.Offer], 4, default, MemoryActors.Now, ulong.MaxValue);
        var body = JsonSerializer.SerializeToUtf8Bytes(gateway.Node.Sign(record, gateway.Identity.NetworkDomain), ProtocolJson.Options);
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream(body);
        await nodes.JoinAsync(http);
        var answer = Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray());
        Assert.Equal(http.Response.StatusCode == StatusCodes.Status422UnprocessableEntity, answer.Contains("Ncn:Worker:Tls", StringComparison.Ordinal));
        return http.Response.StatusCode == StatusCodes.Status200OK;
    }
}
