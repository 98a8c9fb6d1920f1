using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Ncn.Serving.Tests.Streaming.Sockets;

/// <summary>Requests over one socket: what an endpoint sees and what a client gets.</summary>
public sealed class SocketTests
{
    [Fact]
    public async Task An_endpoint_sees_the_request_that_it_would_have_got_over_http()
    {
        await using var server = await SocketServer.StartAsync(async http =>
        {
            using var body = new StreamReader(http.Request.Body);
            http.Response.StatusCode = 201;
            http.Response.Headers["x-ncn-cost"] = "7";
            await http.Response.WriteAsJsonAsync(new
            {
                method = http.Request.Method,
                path = http.Request.Path.Value,
                query = http.Request.QueryString.Value,
                key = http.Request.Headers["Idempotency-Key"].ToString(),
                remote = http.Connection.RemoteIpAddress!.ToString(),
                body = await body.ReadToEndAsync(),
            });
        });
        using var client = await server.ConnectAsync();
        await client.SendAsync("""{"id":"a","type":"request","path":"/v1/x?y=1","headers":{"Idempotency-Key":"k"},"body":{"m": 1}}""");
        var frame = (await client.ReadAsync())!.Value;
        Assert.Equal(("a", "done", 201), (Text(frame, "id"), Text(frame, "type"), frame.GetProperty("status").GetInt32()));
        Assert.Equal("7", Text(frame.GetProperty("headers"), "x-ncn-cost"));
        Assert.Equal(
            """{"method":"POST","path":"/v1/x","query":"?y=1","key":"k","remote":"127.0.0.1","body":"{\"m\": 1}"}""", frame.GetProperty("body").GetRawText());
        Assert.Equal("ncn.v1", client.Socket.SubProtocol);
    }

    [Fact]
    public async Task An_event_stream_is_a_frame_for_each_event()
    {
        await using var server = await SocketServer.StartAsync(async http =>
        {
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers["x-ncn-request-id"] = "0x01";
            foreach (var text in (string[])["id: 0xab:4\ndata: {\"n\":1}\n\n", "data: {\"n\"", ":2}\n\ndata: no json\n\ndata: [DONE]\n\n"])
            {
                await http.Response.WriteAsync(text);
            }
        });
        using var client = await server.ConnectAsync();
        await client.SendAsync("""{"id":"a","type":"request","path":"/v1/x"}""");
        var frames = await ReadToEndAsync(client);
        Assert.Equal(
            [
                """{"id":"a","type":"started","status":200,"headers":{"content-type":"text/event-stream","x-ncn-request-id":"0x01"}}""",
                """{"id":"a","type":"event","sequence":4,"request":"0xab","data":{"n":1}}""",
                """{"id":"a","type":"event","sequence":1,"data":{"n":2}}""",
                """{"id":"a","type":"event","sequence":2,"data":"no json"}""",
                """{"id":"a","type":"done","status":200}""",
            ],
            frames.Select(static frame => frame.GetRawText()));
    }

    [Theory]
    [InlineData(402, "payment_required")]
    [InlineData(404, "error")]
    [InlineData(503, "error")]
    public async Task A_refusal_keeps_its_status_headers_and_body(int status, string type)
    {
        await using var server = await SocketServer.StartAsync(http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers["PAYMENT-REQUIRED"] = Convert.ToBase64String("""{"x402Version":2}"""u8);
            return http.Response.WriteAsJsonAsync(new { error = new { code = "x" } });
        });
        using var client = await server.ConnectAsync();
        await client.SendAsync("""{"id":"a","type":"request","path":"/v1/x"}""");
        var frame = (await client.ReadAsync())!.Value;
        Assert.Equal((type, status), (Text(frame, "type"), frame.GetProperty("status").GetInt32()));
        Assert.Equal("""{"error":{"code":"x"}}""", frame.GetProperty("body").GetRawText());
        Assert.Equal(status == 402, frame.TryGetProperty("required", out var required) && required.GetProperty("x402Version").GetInt32() == 2);
    }

    [Fact]
    public async Task Requests_run_side_by_side_and_one_that_is_cancelled_tells_its_endpoint()
    {
        var aborted = new TaskCompletionSource();
        await using var server = await SocketServer.StartAsync(async http =>
        {
            if (http.Request.Path == "/slow")
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => aborted.SetResult(), TaskScheduler.Default);
                return;
            }

            await http.Response.WriteAsync("quick");
        });
        using var client = await server.ConnectAsync();
        await client.SendAsync("""{"id":"slow","type":"request","path":"/slow"}""");
        await client.SendAsync("""{"id":"quick","type":"request","path":"/quick"}""");
        Assert.Equal("quick", Text((await client.ReadAsync())!.Value, "id"));
        await client.SendAsync("""{"id":"slow","type":"request","path":"/slow"}""");
        Assert.Equal("id_in_use", Code((await client.ReadAsync())!.Value));
        await client.SendAsync("""{"id":"slow","type":"cancel"}""");
        Assert.Equal("""{"id":"slow","type":"cancelled"}""", (await client.ReadAsync())!.Value.GetRawText());
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await client.SendAsync("""{"id":"slow","type":"request","path":"/quick"}""");
        Assert.Equal("done", Text((await client.ReadAsync())!.Value, "type"));
    }

    [Fact]
    public async Task A_lost_socket_ends_its_requests()
    {
        var (begun, aborted) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await SocketServer.StartAsync(async http =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => aborted.SetResult(), TaskScheduler.Default);
        });
        var client = await server.ConnectAsync();
        await client.SendAsync("""{"id":"a","type":"request","path":"/v1/x"}""");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(60));
        client.Socket.Abort();
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_failure_of_ours_is_an_error_frame_without_a_stack_trace()
    {
        await using var server = await SocketServer.StartAsync(static _ => throw new InvalidOperationException("secret"));
        using var client = await server.ConnectAsync();
        await client.SendAsync("""{"id":"a","type":"request","path":"/v1/x"}""");
        var frame = (await client.ReadAsync())!.Value;
        Assert.Equal("internal_error", Code(frame));
        Assert.DoesNotContain("secret", frame.GetRawText(), StringComparison.Ordinal);
    }

    private static async Task<List<JsonElement>> ReadToEndAsync(SocketClient client)
    {
        var frames = new List<JsonElement>();
        do
        {
            frames.Add((await client.ReadAsync())!.Value);
        }
        while (Text(frames[^1], "type") is "started" or "event");
        return frames;
    }

    private static string? Text(JsonElement frame, string name) => frame.GetProperty(name).GetString();

    private static string? Code(JsonElement frame) => frame.GetProperty("body").GetProperty("error").GetProperty("code").GetString();
}
