using Grpc.Core;
using Ncn.Payments.Pricing;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Tests.Direct;

/// <summary>What becomes of running jobs when a node is told to stop.</summary>
[Collection(NetworkGroup.Name)]
public sealed class DrainTests(NetworkFixture network)
{
    private static readonly (string, string) Free = ("Ncn:Network:FreeOfCharge", "true");

    [Fact]
    public async Task A_node_that_stops_leaves_takes_nothing_more_and_ends_what_it_has()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        await using TestWorker worker = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway, null, Free);
        await Eventually.NextAsync(gateway.Joins);

        Task stopping = Task.CompletedTask;
        var firstChunk = new TaskCompletionSource();
        RunRequest request = Request(gateway, worker, Inputs.Chat(150));
        Delivery delivery = await DirectRun.RunAsync(worker.Compute, request, worker.TinyChat, new Usage(100, 150, 0), network.Domain, async chunk =>
        {
            if (chunk.Index == 0)
            {
                stopping = worker.StopAsync();
                await Eventually.NextAsync(gateway.Leaves);
                RpcException refused = await DirectRun.RefusedAsync(worker.Compute, Request(gateway, worker, Inputs.Chat()));
                Assert.True(refused.StatusCode is StatusCode.ResourceExhausted or StatusCode.Unavailable or StatusCode.Internal, refused.Status.ToString());
                firstChunk.SetResult();
            }
        });

        Assert.True(firstChunk.Task.IsCompletedSuccessfully);
        Assert.Equal((uint)delivery.Tokens.Length, delivery.Receipt.Message.CompletionTokens);
        await stopping;
    }

    private static RunRequest Request(TestGateway gateway, TestWorker worker, byte[] input) =>
        DirectRun.Request(gateway.Job(worker.Address, worker.TinyChat, input, 0), null, input);
}
