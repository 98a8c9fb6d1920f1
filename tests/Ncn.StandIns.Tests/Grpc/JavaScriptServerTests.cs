using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Ncn.Tests.Scripts;

namespace Ncn.StandIns.Tests.Grpc;

/// <summary>Our client against a server by the JavaScript library @grpc/grpc-js.</summary>
public sealed class JavaScriptServerTests : IAsyncLifetime
{
    private NodeScript server = null!;
    private GrpcChannel channel = null!;
    private Echo.EchoClient client = null!;

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        channel.Dispose();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_single_call_is_answered()
    {
        using var call = client.SingleAsync(new EchoRequest { Text = "grüß" });
        Assert.Equal("grüß", (await call).Text);
        Assert.Equal("none", call.GetTrailers().GetValue("deadline"));
    }

    [Fact]
    public async Task Headers_and_deadline_arrive()
    {
        var headers = new Metadata { { "sent", "text" }, { "sent-bin", [0, 255, 7] } };
        using var call = client.SingleAsync(new EchoRequest { Behaviour = "headers" }, headers, DateTime.UtcNow.AddMinutes(1));
        var received = await call.ResponseHeadersAsync;
        Assert.Equal("text", received.GetValue("seen"));
        Assert.Equal(new byte[] { 0, 255, 7 }, received.GetValueBytes("seen-bin"));
        await call;
        Assert.Equal("some", call.GetTrailers().GetValue("deadline"));
    }

    [Fact]
    public async Task A_compressed_response_is_understood()
    {
        await DisposeAsync();
        await StartAsync("gzip");
        var reply = await client.SingleAsync(new EchoRequest { Text = "z", Payload = ByteString.CopyFrom(new byte[100_000]) });
        Assert.Equal(100_000, reply.Payload.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task An_error_carries_its_status_text_and_trailers(int messagesBefore)
    {
        using var call = client.Expand(new EchoRequest { Behaviour = "fail", Count = messagesBefore });
        for (var index = 0; index < messagesBefore; index++)
        {
            Assert.True(await call.ResponseStream.MoveNext());
        }
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext());
        Assert.Equal((StatusCode.FailedPrecondition, "nicht möglich: 100 %"), (error.StatusCode, error.Status.Detail));
        Assert.Equal("asked to", error.Trailers.GetValue("reason"));
        Assert.Equal(new byte[] { 1, 2, 250, 251 }, error.Trailers.GetValueBytes("proof-bin"));
    }

    [Fact]
    public async Task A_single_call_that_fails_carries_the_trailers_too()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SingleAsync(new EchoRequest { Behaviour = "fail" }));
        Assert.Equal((StatusCode.FailedPrecondition, "asked to"), (error.StatusCode, error.Trailers.GetValue("reason")));
    }

    [Fact]
    public async Task Messages_of_a_stream_arrive_in_order()
    {
        using var call = client.Expand(new EchoRequest { Count = 300 });
        var indexes = new List<int>();
        await foreach (var reply in call.ResponseStream.ReadAllAsync())
        {
            indexes.Add(reply.Index);
        }
        Assert.Equal(Enumerable.Range(0, 300), indexes);
    }

    [Fact]
    public async Task The_server_collects_a_request_stream()
    {
        using var call = client.Collect();
        foreach (var text in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text });
        }
        await call.RequestStream.CompleteAsync();
        Assert.Equal("abc", (await call).Text);
    }

    [Fact]
    public async Task Both_directions_of_a_duplex_call_are_open_at_once()
    {
        using var call = client.Chat();
        for (var index = 0; index < 20; index++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = "more" });
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(index, call.ResponseStream.Current.Index);
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        // Connected first, so that the deadline is spent in the server method and not in connecting.
        await client.SingleAsync(new EchoRequest());
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SingleAsync(new EchoRequest { Behaviour = "wait" }, deadline: DateTime.UtcNow.AddSeconds(3)));
        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        Assert.Equal("cancelled", await server.ReadLineAsync());
    }

    [Fact]
    public async Task Disposing_a_call_cancels_it_on_the_server()
    {
        var call = client.Expand(new EchoRequest { Behaviour = "wait", Count = 1 });
        Assert.True(await call.ResponseStream.MoveNext());
        call.Dispose();
        Assert.Equal("cancelled", await server.ReadLineAsync());
    }

    [Fact]
    public async Task A_response_over_the_limit_is_refused()
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SingleAsync(new EchoRequest { Behaviour = "big", Count = 4 * 1024 * 1024 }));
        Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
    }

    private async Task StartAsync(params string[] arguments)
    {
        server = NodeScript.Start("Grpc/server.mjs", arguments);
        channel = GrpcChannel.ForAddress($"http://127.0.0.1:{await server.ReadLineAsync()}");
        client = new Echo.EchoClient(channel);
    }
}
