using Grpc.Core;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Nodes;

namespace Ncn.ComputeWorker.Tests.Direct;

/// <summary>Gateway and node over TLS, without a certificate authority: the node's own key says whose endpoint it is.</summary>
[Collection(NetworkGroup.Name)]
public sealed class TlsTests(NetworkFixture network)
{
    private static readonly (string, string) On = ("Ncn:Worker:Tls", "on");

    [Fact]
    public async Task A_gateway_speaks_with_the_node_that_the_record_names_and_with_nobody_else()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        await using TestWorker worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway, null, On);
        Signed<NodeRecord> record = await Eventually.NextAsync(gateway.Joins);
        Assert.StartsWith("https://127.0.0.1:", record.Message.GrpcEndpoint, StringComparison.Ordinal);

        using var connections = new NodeConnections(network.Domain, new AddressGuard(AddressRules.All), TimeProvider.System);
        StopReply reply = await connections.Client(record.Message.GrpcEndpoint, worker.Address).StopAsync(new StopRequest());
        Assert.False(reply.Known);

        RpcException stranger = await Assert.ThrowsAsync<RpcException>(
            async () => await connections.Client(record.Message.GrpcEndpoint, gateway.Address).StopAsync(new StopRequest()));
        Assert.True(stranger.StatusCode is StatusCode.Unavailable or StatusCode.Internal, stranger.StatusCode.ToString());
    }

    [Fact]
    public async Task The_certificate_of_another_network_is_refused()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        await using TestWorker worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway, null, On);
        using var elsewhere = new NodeConnections(Eip712Domain.Network(1, network.Domain.VerifyingContract), new AddressGuard(AddressRules.All), TimeProvider.System);
        await Assert.ThrowsAsync<RpcException>(
            async () => await elsewhere.Client(worker.Ports.GrpcEndpoint, worker.Address).StopAsync(new StopRequest()));
    }

    [Fact]
    public async Task Without_encryption_the_endpoint_does_not_answer()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        await using TestWorker worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway, null, On);
        using var connections = new NodeConnections(network.Domain, new AddressGuard(AddressRules.All), TimeProvider.System);
        await Assert.ThrowsAsync<RpcException>(
            async () => await connections.Client($"127.0.0.1:{worker.Ports.Grpc.Port}", worker.Address).StopAsync(new StopRequest()));
    }

    [Theory]
    [InlineData("auto", "127.0.0.1", false)]
    [InlineData("auto", "localhost", false)]
    [InlineData("auto", "node-1.workers", true)]
    [InlineData("off", "node-1.workers", false)]
    [InlineData("on", "127.0.0.1", true)]
    public void By_default_only_loopback_goes_without(string tls, string host, bool isOn) =>
        Assert.Equal(isOn, new WorkerOptions { Tls = tls, AdvertisedHost = host }.IsTlsOn);
}
