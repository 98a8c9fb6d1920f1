using System.Net;
using Ncn.EndToEnd.Tests.Harness;

namespace Ncn.EndToEnd.Tests.Hostile;

/// <summary>Callers that take much and give little: the others are served, and memory stays bounded.</summary>
[Collection(FreeNetwork.Name)]
public sealed class HostileLoadTests(FreeNetwork shared) : IAsyncLifetime
{
    private const int Streams = 1_000;
    private const int SlowOnes = 100;

    // A hundred bodies of 4 MiB, and memory for 65 of them.
    private const int TooMany = 30;
    private const string Other = "127.0.0.2";

    // The process itself has about 170 MiB, bodies may have 256 MiB of memory (Admission.MaxBodyMemoryBytes), and the collector leaves
    // what is free where it is until it is needed.
    private const double MostMemory = 768.0 * 1024 * 1024;

    // Of a stream that runs or waits: its buffers, its request and its place in the line are about 45 KiB.
    private const double MostMemoryOfStream = 192.0 * 1024;
    private readonly int? _process = shared.Network.App("gateway-text").ProcessId;

    private Uri Text => shared.Network.Text;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Assert.Equal(_process, shared.Network.App("gateway-text").ProcessId);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Thousand_open_streams_of_one_caller_keep_nobody_else_waiting()
    {
        var clients = new List<RawClient>();
        var before = await GatewayNumbers.MemoryAsync(Text);
        try
        {
            for (var number = 0; number < Streams; number++)
            {
                var client = await RawClient.ConnectAsync(Text);
                clients.Add(client);
                await client.SendAsync(RawClient.Post("/v1/chat/completions", Web.Chat("Count from 1 to 60", maxTokens: 200, stream: true)));
            }

            await Poll.UntilAsync("each of them runs, waits, or was sent away", async () =>
                await CountAsync("ncn_gateway_running") + await CountAsync("ncn_gateway_waiting") + await ShedAsync() > 0
                && await CountAsync("ncn_gateway_waiting") >= 100);
            await MustAnswerAsync(Other);
            Assert.InRange(await GatewayNumbers.MemoryAsync(Text), 1, before + (Streams * MostMemoryOfStream));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }

        await Poll.UntilAsync(
            "nothing waits and nothing runs for callers that are gone",
            async () => await CountAsync("ncn_gateway_running") + await CountAsync("ncn_gateway_waiting") == 0, TimeSpan.FromMinutes(3));
        await MustAnswerAsync("127.0.0.1");
    }

    [Fact]
    public async Task Slow_heads_and_bodies_are_given_up_and_keep_nobody_waiting()
    {
        var heads = await OpenAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
        var bodies = await OpenAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n{\"model\":");
        var images = await OpenAsync("POST /v2/models/digits/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n");
        try
        {
            await MustAnswerAsync(Other);
            foreach (var answer in await Task.WhenAll(bodies.Select(static client => client.ReadAnswerAsync())))
            {
                Assert.Equal((408, "request_timeout"), (answer.Status, answer.Json.GetProperty("error").GetProperty("code").GetString()));
            }

            foreach (var answer in await Task.WhenAll(images.Select(static client => client.ReadAnswerAsync())))
            {
                Assert.Equal(408, answer.Status);
                Assert.Contains("too slowly", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal);
            }

            // A head that is not whole is no request yet: the server says so without a body, or hangs up.
            Assert.All(await Task.WhenAll(heads.Select(static client => client.ReadAnswerAsync())), static answer => Assert.Contains(answer.Status, (int[])[0, 408]));
            Assert.InRange(await GatewayNumbers.MemoryAsync(Text), 1, MostMemory);
        }
        finally
        {
            foreach (var client in heads.Concat(bodies).Concat(images))
            {
                client.Dispose();
            }
        }
    }

    [Fact]
    public async Task Large_bodies_that_do_not_end_take_bounded_memory_together()
    {
        var clients = await OpenAsync("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4194304\r\n\r\n{\"model\":\"");
        var piece = new byte[4 * 1024 * 1024 - 1024];
        piece.AsSpan().Fill((byte)'a');
        try
        {
            var sending = Task.WhenAll(clients.Select(client => client.SendAsync(piece)));
            await MustAnswerAsync(Other);
            await sending;
            await foreach (var answering in Task.WhenEach(clients.Select(static client => client.ReadAnswerAsync())).Take(TooMany))
            {
                var answer = await answering;
                Assert.Equal((503, true), (answer.Status, answer.Head.Contains("Retry-After", StringComparison.OrdinalIgnoreCase)));
            }

            Assert.InRange(await GatewayNumbers.MemoryAsync(Text), 1, MostMemory);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    private async Task<List<RawClient>> OpenAsync(string begin)
    {
        var clients = new List<RawClient>();
        for (var number = 0; number < SlowOnes; number++)
        {
            var client = await RawClient.ConnectAsync(Text);
            clients.Add(client);
            await client.SendAsync(begin);
        }

        return clients;
    }

    private async Task MustAnswerAsync(string from)
    {
        using var client = await RawClient.ConnectAsync(Text, from);
        await client.SendAsync(RawClient.Post("/v1/chat/completions", Web.Chat("What is 2 + 3?", maxTokens: 16)));
        var answer = await client.ReadAnswerAsync();
        Assert.True(answer.Status == (int)HttpStatusCode.OK, $"{answer.Head}\n\n{answer.Body}");
        Assert.Contains("5", answer.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString(), StringComparison.Ordinal);
        Assert.Contains("x-ratelimit-limit-requests", answer.Head, StringComparison.OrdinalIgnoreCase);
    }

    private Task<double> CountAsync(string name) => GatewayNumbers.SumAsync(Text, name);

    private Task<double> ShedAsync() => CountAsync("ncn_gateway_shed_total");
}
