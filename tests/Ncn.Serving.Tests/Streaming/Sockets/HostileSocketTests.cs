using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Ncn.Serving.Tests.Streaming.Sockets;

/// <summary>What nobody should send: each has its answer or its close code, and costs the server little.</summary>
public sealed class HostileSocketTests
{
    private static readonly RequestDelegate Quick = static http => http.Response.WriteAsync("{}");

    [Fact]
    public async Task A_binary_message_closes_the_socket()
    {
        await using var server = await SocketServer.StartAsync(Quick);
        using var client = await server.ConnectAsync();
        await client.SendAsync([1, 2, 3], WebSocketMessageType.Binary);
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_message_that_is_too_large_closes_the_socket()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.MaxFrameBytes = 2048);
        using var client = await server.ConnectAsync();
        await client.SendAsync(Frame(2048));
        Assert.NotNull(await client.ReadAsync());
        await client.SendAsync(Frame(2049));
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task Text_that_is_no_utf_8_ends_the_socket_and_no_other()
    {
        await using var server = await SocketServer.StartAsync(Quick);
        using var other = await server.ConnectAsync();
        using var client = await server.ConnectAsync();
        await client.SendAsync([(byte)'{', 0xFF, (byte)'}'], WebSocketMessageType.Text);

        // The runtime says so and hangs up at once: the reason may be lost with the connection.
        var end = await Record.ExceptionAsync(async () => Assert.Equal(WebSocketCloseStatus.InvalidPayloadData, await client.ReadToCloseAsync()));
        Assert.True(end is null or WebSocketException, end?.ToString());
        await other.SendAsync("""{"type":"ping"}""");
        Assert.NotNull(await other.ReadAsync());
    }

    [Fact]
    public async Task Frames_that_cannot_be_read_are_answered_and_then_the_socket_is_closed()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.MaxBadFrames = 3);
        using var client = await server.ConnectAsync();
        for (var sent = 0; sent < 3; sent++)
        {
            await client.SendAsync("""{"id":"a","type":"request","path":"/v1","body":""" + new string('[', 10_000));
            var frame = (await client.ReadAsync())!.Value;
            Assert.Equal("invalid_frame", frame.GetProperty("body").GetProperty("error").GetProperty("code").GetString());
            Assert.Equal("a", frame.GetProperty("id").GetString());
        }

        Assert.Equal(WebSocketCloseStatus.PolicyViolation, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_flood_of_frames_closes_the_socket()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.FramesPerSecond = 1);
        using var client = await server.ConnectAsync();
        for (var sent = 0; sent < 50; sent++)
        {
            await client.SendAsync("""{"type":"ping"}""");
        }

        Assert.Equal(WebSocketCloseStatus.PolicyViolation, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task More_requests_than_a_socket_may_have_are_refused_one_by_one()
    {
        var release = new TaskCompletionSource();
        await using var server = await SocketServer.StartAsync(_ => release.Task, static options => options.MaxRequestsPerSocket = 2);
        using var client = await server.ConnectAsync();
        foreach (var id in (string[])["a", "b", "c"])
        {
            await client.SendAsync($$"""{"id":"{{id}}","type":"request","path":"/v1"}""");
        }

        var refused = (await client.ReadAsync())!.Value;
        Assert.Equal(("c", 429), (refused.GetProperty("id").GetString(), refused.GetProperty("status").GetInt32()));
        release.SetResult();
        Assert.Equal("done", (await client.ReadAsync())!.Value.GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_cut_off_and_its_requests_end()
    {
        var aborted = new TaskCompletionSource();
        await using var server = await SocketServer.StartAsync(
            async http =>
            {
                http.RequestAborted.Register(() => aborted.TrySetResult());
                http.Response.ContentType = "text/event-stream";
                var piece = Encoding.UTF8.GetBytes("data: \"" + new string('x', 100_000) + "\"\n\n");
                while (!http.RequestAborted.IsCancellationRequested)
                {
                    await http.Response.Body.WriteAsync(piece, http.RequestAborted);
                }
            },
            static options => options.SendSeconds = 1);
        using var client = await server.ConnectAsync();
        await client.SendAsync("""{"id":"a","type":"request","path":"/v1"}""");
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_message_that_does_not_end_is_not_waited_for()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.ReceiveSeconds = 1);
        using var client = await server.ConnectAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await client.Socket.SendAsync("{"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, limit.Token);
        await Assert.ThrowsAnyAsync<WebSocketException>(client.ReadToCloseAsync);
    }

    [Fact]
    public async Task An_empty_message_is_a_frame_that_cannot_be_read_and_nothing_is_waited_for()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.ReceiveSeconds = 1);
        using var client = await server.ConnectAsync();
        await client.SendAsync(string.Empty);
        Assert.Equal("invalid_frame", (await client.ReadAsync())!.Value.GetProperty("body").GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_message_in_many_parts_is_as_large_as_all_of_them()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.MaxFrameBytes = 2048);
        using var client = await server.ConnectAsync();
        for (var part = 0; part < 300; part++)
        {
            await client.Socket.SendAsync("12345678"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
        }

        Assert.Equal(WebSocketCloseStatus.MessageTooBig, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_message_of_empty_parts_closes_the_socket()
    {
        await using var server = await SocketServer.StartAsync(Quick);
        using var client = await server.ConnectAsync();
        for (var part = 0; part < 80; part++)
        {
            await client.Socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
        }

        Assert.Equal(WebSocketCloseStatus.PolicyViolation, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task A_client_that_answers_no_ping_is_hung_up_on_and_its_request_ends()
    {
        var aborted = new TaskCompletionSource();
        await using var server = await SocketServer.StartAsync(
            http =>
            {
                http.RequestAborted.Register(() => aborted.TrySetResult());
                return Task.Delay(Timeout.Infinite, http.RequestAborted);
            },
            static options => options.PingSeconds = 1);
        using var client = await RawSocket.ConnectAsync(server.Address);
        await client.SendTextAsync("{\"id\":\"a\",\"type\":\"request\",\"path\":\"/v1\"}"u8.ToArray());
        await client.ReadToEndAsync();
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Theory]
    [InlineData(1UL << 40)]
    [InlineData(ulong.MaxValue)]
    public async Task A_message_that_says_it_is_huge_takes_no_memory_and_is_not_waited_for(ulong length)
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.ReceiveSeconds = 1);
        using var other = await server.ConnectAsync();
        using var client = await RawSocket.ConnectAsync(server.Address);
        await client.SendHeaderAsync(length);
        await client.ReadToEndAsync();
        await other.SendAsync("{\"type\":\"ping\"}");
        Assert.NotNull(await other.ReadAsync());
    }

    [Fact]
    public async Task A_socket_without_requests_is_closed_after_a_while()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.IdleSeconds = 1);
        using var client = await server.ConnectAsync();
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await client.ReadToCloseAsync());
    }

    [Fact]
    public async Task Sockets_beyond_the_limit_are_refused_in_http()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.MaxSockets = 1);
        using var first = await server.ConnectAsync();
        await Assert.ThrowsAsync<WebSocketException>(server.ConnectAsync);
        await first.SendAsync("""{"type":"ping","id":"p"}""");
        Assert.Equal("""{"id":"p","type":"pong"}""", (await first.ReadAsync())!.Value.GetRawText());
    }

    [Fact]
    public async Task A_get_that_is_no_handshake_is_told_what_is_there()
    {
        await using var server = await SocketServer.StartAsync(Quick);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new UriBuilder(server.Address) { Scheme = "http" }.Uri);
        Assert.Equal(HttpStatusCode.UpgradeRequired, answer.StatusCode);
        Assert.Contains("upgrade_required", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_stops_says_so()
    {
        await using var server = await SocketServer.StartAsync(Quick, static options => options.DrainSeconds = 1);
        using var client = await server.ConnectAsync();
        var stopping = server.StopAsync();
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, await client.ReadToCloseAsync());
        await client.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static string Frame(int bytes)
    {
        const string Start = """{"id":"a","type":"request","path":"/v1","body":" """;
        return Start + new string('x', bytes - Start.Length - 2) + "\"}";
    }
}
