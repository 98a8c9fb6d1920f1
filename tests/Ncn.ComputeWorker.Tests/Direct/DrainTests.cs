using Grpc.Core;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Tests.Direct;

/// <summary>What becomes of running jobs when a node is told to stop.</summary>
[Collection(NetworkGroup.Name)]
public sealed class DrainTests(NetworkFixture network)
{
    private static readonly (string, string) Free = ("Ncn:Network:FreeOfCharge", "true");

    [Fact]
    public async Task A_node_that_stops_says_so_takes_nothing_more_ends_what_it_has_and_leaves()
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
                Signed<NodeHeartbeat> told = await UntilDrainingAsync(gateway);
                Assert.True(told.IsSignedBy(worker.Address, network.Domain));
                Assert.Equal(0u, told.Message.FreeSlots);
                Assert.False(gateway.Leaves.Reader.TryRead(out _));
                RpcException refused = await DirectRun.RefusedAsync(worker.Compute, Request(gateway, worker, Inputs.Chat()));
                Assert.True(refused.StatusCode is StatusCode.ResourceExhausted or StatusCode.Unavailable or StatusCode.Internal, refused.Status.ToString());
                firstChunk.SetResult();
            }
        });

        Assert.True(firstChunk.Task.IsCompletedSuccessfully);
        Assert.Equal((uint)delivery.Tokens.Length, delivery.Receipt.Message.CompletionTokens);
        await Eventually.NextAsync(gateway.Leaves);
        await stopping;
    }

    /// <summary>A gateway that reads slowly holds its jobs.</summary>
    [Fact]
    public async Task What_does_not_end_in_time_is_broken_off_and_goes_on_elsewhere_with_the_same_tokens()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(await network.NewPartyAsync(0));
        await using TestWorker leaving = await TestWorker.StartAsync(
            await network.NewPartyAsync(0), gateway, null, Free, ("Ncn:Worker:DrainSeconds", "0"));
        await using TestWorker staying = await TestWorker.StartAsync(await network.NewPartyAsync(0), gateway, null, Free);
        await Eventually.NextAsync(gateway.Joins);
        await Eventually.NextAsync(gateway.Joins);

        using AsyncServerStreamingCall<RunEvent> held = leaving.Compute.Run(Request(gateway, leaving, Inputs.Long()));
        Assert.True(await held.ResponseStream.MoveNext(CancellationToken.None));
        int[] first = [.. held.ResponseStream.Current.Chunk.TokenIds];
        Task stopping = leaving.StopAsync();
        await Eventually.NextAsync(gateway.Leaves);
        (int[] more, StatusCode end) = await ReadAsync(held);
        await stopping;
        int[] delivered = [.. first, .. more];
        Assert.Equal(StatusCode.ResourceExhausted, end);

        (int[] rest, StatusCode restEnd) = await RunAsync(staying, Request(gateway, staying, Inputs.Long(900, delivered)));
        (int[] whole, StatusCode wholeEnd) = await RunAsync(staying, Request(gateway, staying, Inputs.Long()));
        Assert.Equal((StatusCode.OK, StatusCode.OK), (restEnd, wholeEnd));
        Assert.InRange(delivered.Length, 1, whole.Length - 1);
        Assert.Equal(whole, delivered.Concat(rest));
    }

    private static async Task<Signed<NodeHeartbeat>> UntilDrainingAsync(TestGateway gateway)
    {
        Signed<NodeHeartbeat> beat;
        do
        {
            beat = await Eventually.NextAsync(gateway.Heartbeats);
        }
        while (!beat.Message.Draining);

        return beat;
    }

    private static RunRequest Request(TestGateway gateway, TestWorker worker, byte[] input) =>
        DirectRun.Request(gateway.Job(worker.Address, worker.TinyChat, input, 0), null, input);

    private static async Task<(int[] Tokens, StatusCode End)> RunAsync(TestWorker worker, RunRequest request)
    {
        using AsyncServerStreamingCall<RunEvent> call = worker.Compute.Run(request);
        return await ReadAsync(call);
    }

    private static async Task<(int[] Tokens, StatusCode End)> ReadAsync(AsyncServerStreamingCall<RunEvent> call)
    {
        List<int> tokens = [];
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                tokens.AddRange(call.ResponseStream.Current.Chunk?.TokenIds ?? Enumerable.Empty<int>());
            }

            return ([.. tokens], StatusCode.OK);
        }
        catch (RpcException ended)
        {
            return ([.. tokens], ended.StatusCode);
        }
    }
}
