using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;

namespace Ncn.EndToEnd.Tests.Hostile;

/// <summary>Requests that are meant to harm: each is refused in its protocol's shape, and the gateway goes on as the same process.</summary>
[Collection(FreeNetwork.Name)]
public sealed class HostileRequestTests(FreeNetwork shared) : IAsyncLifetime
{
    private const string Account = "Bearer an account of these tests";
    private const int Deep = 10_000;
    private const int Large = 4 * 1024 * 1024 + 1;
    private readonly int? _process = shared.Network.App("gateway-text").ProcessId;

    private Uri Text => shared.Network.Text;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        Assert.Equal(_process, shared.Network.App("gateway-text").ProcessId);
        return Task.CompletedTask;
    }

    public static TheoryData<string> Bodies => new("deep array", "deep object", "deep member", "broken UTF-8", "half a character", "empty", "null", "number", "huge number", "cut off");

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Every_route_with_a_JSON_body_refuses_what_is_none_in_its_own_shape(string kind)
    {
        foreach (var route in await JsonRoutesAsync())
        {
            using var body = new ByteArrayContent(BodyOf(kind));
            body.Headers.ContentType = new("application/json");
            using var answer = await Web.Client.PostAsync(new Uri(Text, route.Path), body);
            MustBeRefusal(route, (int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), kind);
        }
    }

    [Fact]
    public async Task Every_route_with_a_JSON_body_refuses_one_that_is_too_large_before_it_has_come()
    {
        foreach (var route in await JsonRoutesAsync())
        {
            using var client = await RawClient.ConnectAsync(Text);
            await client.SendAsync($"POST {route.Path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {1L << 40}\r\n\r\n{{");
            var announced = await client.ReadAnswerAsync();
            MustBeRefusal(route, announced.Status, announced.Json.GetRawText(), "announced");
            Assert.Equal(413, announced.Status);
        }
    }

    [Fact]
    public async Task Every_route_with_a_JSON_body_refuses_one_that_grows_too_large()
    {
        foreach (var route in await JsonRoutesAsync())
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Text, route.Path)) { Content = new ByteArrayContent(new byte[Large]) };
            request.Headers.TransferEncodingChunked = true;
            using var answer = await Web.Client.SendAsync(request);
            MustBeRefusal(route, (int)answer.StatusCode, await answer.Content.ReadAsStringAsync(), "grown");
            Assert.True(answer.StatusCode == HttpStatusCode.RequestEntityTooLarge || route.Path.EndsWith("/result", StringComparison.Ordinal), $"{route.Path}: {answer.StatusCode}");
        }
    }

    [Theory]
    [InlineData("""{"model":"tiny-chat","messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"URL"}}]}]}""")]
    [InlineData("""{"model":"tiny-chat","messages":[{"role":"user","content":[{"type":"file","file":{"file_url":"URL"}}]}]}""")]
    [InlineData("""{"model":"tiny-chat","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"url":"URL"}}]}]}""")]
    public async Task Url_in_a_message_is_refused_and_nobody_is_called(string body)
    {
        using var inside = new TcpListener(IPAddress.Loopback, 0);
        inside.Start();
        string[] urls = [$"http://127.0.0.1:{((IPEndPoint)inside.LocalEndpoint).Port}/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"];
        foreach (var url in urls)
        {
            var answer = await Web.PostAsync(new Uri(Text, "v1/chat/completions"), body.Replace("URL", url, StringComparison.Ordinal));
            Assert.True(answer.Status == HttpStatusCode.BadRequest, $"{answer.Status}: {answer.Body}");
            Assert.Equal("invalid_request_error", answer.Json.GetProperty("error").GetProperty("type").GetString());
            Assert.DoesNotContain("root:", answer.Body, StringComparison.Ordinal);
        }

        Assert.False(inside.Pending());
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("https://localhost/hook")]
    [InlineData("https://[::ffff:127.0.0.1]/hook")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://127.0.0.1/")]
    public async Task Webhook_inside_is_refused_when_it_is_named(string url)
    {
        using var form = new MultipartFormDataContent
        {
            { new StringContent("batch"), "purpose" },
            { new StringContent("""{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"tiny-chat","messages":[{"role":"user","content":"x"}],"max_tokens":1}}"""), "file", "lines.jsonl" },
        };
        using var upload = new HttpRequestMessage(HttpMethod.Post, new Uri(Text, "v1/files")) { Content = form };
        upload.Headers.Add("Authorization", Account);
        using var uploaded = await Web.Client.SendAsync(upload);
        var file = (await Answer.ReadAsync(uploaded)).IsOk().Json.GetProperty("id").GetString();
        var batch = $$$"""{"input_file_id":"{{{file}}}","endpoint":"/v1/chat/completions","completion_window":"24h","webhook":{"url":"{{{url}}}"}}""";
        (await Web.PostAsync(new Uri(Text, "v1/batches"), batch, headers: ("Authorization", Account))).IsOpenAiError(HttpStatusCode.BadRequest, "invalid_url");
    }

    [Theory]
    [InlineData("many headers")]
    [InlineData("large header")]
    [InlineData("many cookies")]
    public async Task Flood_of_headers_is_refused(string kind)
    {
        var headers = kind switch
        {
            "many headers" => string.Concat(Enumerable.Range(0, 5_000).Select(static number => $"X-Flood-{number}: 1\r\n")),
            "many cookies" => string.Concat(Enumerable.Range(0, 2_000).Select(static number => $"Cookie: a{number}={number}\r\n")),
            _ => $"X-Flood: {new string('a', 1024 * 1024)}\r\n",
        };
        using var client = await RawClient.ConnectAsync(Text);
        await client.SendAsync($"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        Assert.Equal(431, (await client.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task Path_that_never_ends_is_refused()
    {
        using var client = await RawClient.ConnectAsync(Text);
        await client.SendAsync($"GET /{new string('a', 64 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal(414, (await client.ReadAnswerAsync()).Status);
    }

    [Theory]
    [InlineData("Content-Length: 4\r\nContent-Length: 5\r\n")]
    [InlineData("Content-Length: 4, 5\r\n")]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Content-Length: 0x4\r\n")]
    [InlineData("Content-Length: 99999999999999999999999\r\n")]
    [InlineData("Content-Length : 4\r\n")]
    [InlineData("Content-Length: 4\r\n X-Folded: 1\r\n")]
    [InlineData("Content-Length: 4\nX-Bare: 1\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n")]
    [InlineData("Transfer-Encoding: gzip\r\n")]
    [InlineData("X-Null: a\0b\r\nContent-Length: 4\r\n")]
    public async Task Body_of_unclear_length_is_refused_and_what_follows_it_is_not_taken_for_a_request(string headers)
    {
        using var client = await RawClient.ConnectAsync(Text);
        await client.SendAsync($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n{headers}\r\nbodyGET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal(1, await client.CountAnswersAsync());
        Assert.StartsWith("HTTP/1.1 4", client.Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n")]
    public async Task Two_lengths_end_the_connection_after_the_first_answer(string body, string headers)
    {
        using var client = await RawClient.ConnectAsync(Text);
        await client.SendAsync($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n{body}");
        Assert.Equal(1, await client.CountAnswersAsync());
        Assert.DoesNotContain("smuggled", client.Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("xyz\r\nbody\r\n0\r\n\r\n")]
    [InlineData("4;a=b\r\nbodyJUNK\r\n0\r\n\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFF\r\nbody\r\n0\r\n\r\n")]
    [InlineData("-1\r\nbody\r\n0\r\n\r\n")]
    public async Task Broken_chunks_are_refused(string chunks)
    {
        using var client = await RawClient.ConnectAsync(Text);
        await client.SendAsync($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal(1, await client.CountAnswersAsync());
        Assert.StartsWith("HTTP/1.1 400", client.Received, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v1/models HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0002\0\u0001\0\u0001\r\n\r\n")]
    public async Task Request_for_another_place_goes_nowhere(string request)
    {
        using var client = await RawClient.ConnectAsync(Text);
        await client.SendAsync(request);
        Assert.InRange((await client.ReadAnswerAsync()).Status, 400, 499);
    }

    private async Task<IReadOnlyList<JsonRoute>> JsonRoutesAsync()
    {
        var document = await Web.GetJsonAsync(new Uri(Text, "openapi.json"));
        return [.. from path in document.GetProperty("paths").EnumerateObject()
                   where path.Value.TryGetProperty("post", out _)
                   let post = path.Value.GetProperty("post")
                   where post.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("application/json", out _)
                   select new JsonRoute(Filled(path.Name), post.GetProperty("responses").GetProperty("default").GetProperty("content"))];
    }

    // Parameters get values that exist, so that the body is what is refused.
    private static string Filled(string path) => path.Replace("{model}", "tiny-chat", StringComparison.Ordinal).Replace("{version}", "1", StringComparison.Ordinal)
        .Replace("{id}", "0x" + new string('1', 64), StringComparison.Ordinal);

    private static byte[] BodyOf(string kind) => kind switch
    {
        "deep array" => Encoding.UTF8.GetBytes(new string('[', Deep) + new string(']', Deep)),
        "deep object" => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", Deep)) + "1" + new string('}', Deep)),
        "deep member" => Encoding.UTF8.GetBytes("""{"model":"tiny-chat","messages":""" + new string('[', Deep) + new string(']', Deep) + "}"),
        "broken UTF-8" => [.. "{\"model\":\"tiny-chat\",\"messages\":[{\"role\":\"user\",\"content\":\""u8, 0xC3, 0x28, 0xFF, .. "\"}]}"u8],
        "half a character" => """{"model":"tiny-chat","messages":[{"role":"user","content":"\ud800"}]}"""u8.ToArray(),
        "empty" => [],
        "null" => "null"u8.ToArray(),
        "number" => "1"u8.ToArray(),
        "huge number" => Encoding.UTF8.GetBytes("""{"model":"tiny-chat","messages":[{"role":"user","content":"x"}],"max_tokens":1""" + new string('0', 100_000) + "}"),
        _ => """{"model":"tiny-chat","messages":[{"role":"user","con"""u8.ToArray(),
    };

    private static void MustBeRefusal(JsonRoute route, int status, string body, string kind)
    {
        var about = $"{route.Path} with {kind}: {status} {body}";
        if (route.Path is "/verify" or "/settle" && status == 200)
        {
            // A facilitator's refusal is an answer (x402, section 7).
            var refusal = JsonSerializer.Deserialize<JsonElement>(body);
            Assert.False(refusal.TryGetProperty("isValid", out var verdict) ? verdict.GetBoolean() : refusal.GetProperty("success").GetBoolean(), about);
            return;
        }

        Assert.True(status is >= 400 and < 500, about);
        Assert.DoesNotContain("   at ", body, StringComparison.Ordinal);
        var json = JsonSerializer.Deserialize<JsonElement>(body);
        if (route.Errors.TryGetProperty("application/problem+json", out _))
        {
            Assert.True(json.GetProperty("title").GetString() is { Length: > 0 } && json.GetProperty("detail").GetString() is { Length: > 0 }, about);
            return;
        }

        var error = json.GetProperty("error");
        var message = error.ValueKind == JsonValueKind.String ? error.GetString() : error.GetProperty("message").GetString();
        var isInference = route.Errors.GetRawText().Contains("InferenceError", StringComparison.Ordinal);
        Assert.True(message is { Length: > 0 and < 2_000 } && isInference == (error.ValueKind == JsonValueKind.String), about);
    }

    /// <param name="Errors">The media types of its refusals, with their schemas.</param>
    private sealed record JsonRoute(string Path, JsonElement Errors);
}
