using Ncn.Protocol;
using Ncn.Tests.Models;

namespace Ncn.ComputeWorker.Tests.Network;

[Collection(NetworkGroup.Name)]
public sealed class MembershipTests(NetworkFixture network)
{
    [Fact]
    public async Task A_node_joins_lives_is_remembered_and_leaves()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        await using TestWorker worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway);

        Signed<NodeRecord> joined = await Eventually.NextAsync(gateway.Joins);
        Assert.True(joined.IsSignedBy(worker.Address, network.Domain));
        Assert.Equal(worker.Ports.GrpcEndpoint, joined.Message.GrpcEndpoint);
        Assert.Equal([1u], joined.Message.Subnets);
        Assert.Equal(["digits", "tiny-chat"], joined.Message.Models.Select(model => model.Name).Order());
        Assert.True(joined.Message.ExpiresAt > joined.Message.IssuedAt);

        Signed<NodeHeartbeat> first = await Eventually.NextAsync(gateway.Heartbeats);
        Signed<NodeHeartbeat> second = await Eventually.NextAsync(gateway.Heartbeats);
        Assert.True(first.IsSignedBy(worker.Address, network.Domain));
        Assert.True(second.Message.Sequence > first.Message.Sequence && first.Message.Sequence > joined.Message.Sequence);
        Assert.Equal(16u, second.Message.FreeSlots);

        gateway.KnowsNode = false;
        await Eventually.NextAsync(gateway.Joins);
        gateway.KnowsNode = true;

        await worker.StopAsync();
        Signed<NodeLeave> left = await Eventually.NextAsync(gateway.Leaves);
        Assert.True(left.IsSignedBy(worker.Address, network.Domain));
    }

    [Fact]
    public async Task A_node_that_starts_before_its_gateway_joins_when_it_comes()
    {
        await using TestGateway first = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        await using TestGateway vision = await TestGateway.StartAsync(await network.NewPartyAsync(0), "tensor");
        await using TestWorker worker = await TestWorker.StartAsync(
            await network.NewPartyAsync(0), first, null, ("Ncn:Worker:Gateways", $"http://127.0.0.1:1, {first.Url}, {vision.Url}"));
        await Eventually.NextAsync(first.Joins);
        await Eventually.NextAsync(vision.Joins);
        await worker.ReadyAsync();
    }

    [Fact]
    public async Task A_node_without_models_of_the_subnets_kind_does_not_join_and_is_not_ready()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0), "tensor");
        await using TestWorker worker = await TestWorker.StartAsync(
            await network.NewPartyAsync(0), gateway, null, ("Ncn:Worker:ModelNames", "tiny-chat"));
        Assert.Equal(System.Net.HttpStatusCode.OK, (await worker.Http.GetAsync("/healthz")).StatusCode);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, (await worker.Http.GetAsync("/readyz")).StatusCode);
        Assert.False(gateway.Joins.Reader.TryRead(out _));
    }

    [Fact]
    public async Task Models_that_come_and_go_are_in_the_next_record_at_once_and_a_node_without_any_leaves()
    {
        string root = Directory.CreateTempSubdirectory("ncn-live-").FullName;
        ModelFolder.WriteTensor(root, "first", MlpModel.Graph([4, 2]));
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0), "tensor");
        await using TestWorker worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway, null, ("Ncn:Worker:Models", root));
        NodeRecord one = (await Eventually.NextAsync(gateway.Joins)).Message;
        Assert.Equal("first", Assert.Single(one.Models).Name);

        ModelFolder.WriteTensor(root, "second", MlpModel.Graph([4, 3]));
        Assert.Empty(await worker.Models.LoadAsync("second", default));
        NodeRecord two = (await Eventually.NextAsync(gateway.Joins)).Message;
        Assert.Equal(["first", "second"], two.Models.Select(model => model.Name));
        Assert.True(two.Sequence > one.Sequence);

        await worker.Models.UnloadAsync("first", default);
        Assert.Equal("second", Assert.Single((await Eventually.NextAsync(gateway.Joins)).Message.Models).Name);
        await worker.Models.UnloadAsync("second", default);
        Assert.True((await Eventually.NextAsync(gateway.Leaves)).IsSignedBy(worker.Address, network.Domain));
        Assert.All(worker.Models.Index(), status => Assert.Equal("UNAVAILABLE", status.StateName));
    }
}
