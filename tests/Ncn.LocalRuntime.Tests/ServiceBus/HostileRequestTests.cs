using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ncn.LocalRuntime.ServiceBus;
using Ncn.LocalRuntime.Storage;

namespace Ncn.LocalRuntime.Tests.ServiceBus;

/// <summary>Requests that no client of ours sends: they are refused in Service Bus's shape, and the next request is served.</summary>
public sealed class HostileRequestTests : IAsyncLifetime, IDisposable
{
    private const string Batch = "application/vnd.microsoft.servicebus.json";
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;
    private readonly HttpClient http = new();
    private readonly Database database;
    private readonly ServiceBusServer server;

    public HostileRequestTests()
    {
        var time = TimeProvider.System;
        database = new Database(Path.Combine(folder, "bus.db"), MessageStore.Schema);
        var api = new ServiceBusApi(new MessageQueues([new QueueSpec("q")], new MessageStore(database, time), time));
        server = new ServiceBusServer(0, SharedKey.OpenOrCreate(folder), api, time);
    }

    public async Task InitializeAsync()
    {
        await server.StartAsync();
        var seconds = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
        var resource = Uri.EscapeDataString($"http://127.0.0.1:{server.Port}/");
        var key = Encoding.UTF8.GetBytes(await File.ReadAllTextAsync(Path.Combine(folder, SharedKey.FileName)));
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{resource}\n{seconds}")));
        http.BaseAddress = new Uri($"http://127.0.0.1:{server.Port}/");
        http.DefaultRequestHeaders.TryAddWithoutValidation(
            "Authorization", $"SharedAccessSignature sr={resource}&sig={Uri.EscapeDataString(signature)}&se={seconds}&skn={SharedKey.KeyName}");
    }

    public async Task DisposeAsync() => await server.DisposeAsync();

    public void Dispose()
    {
        http.Dispose();
        database.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("POST", "", 404)]
    [InlineData("POST", "nobody/messages", 404)]
    [InlineData("GET", "q/messages", 404)]
    [InlineData("POST", "q/$DeadLetterQueue/messages", 404)]
    [InlineData("POST", "q/messages/a/b/c/d", 404)]
    [InlineData("DELETE", "q/messages/99999999999999999999999/x", 404)]
    [InlineData("PUT", "q/messages/'%20OR%201=1/x", 404)]
    [InlineData("POST", "q/messages/1/%F0%28%8C", 404)]
    [InlineData("POST", "q/messages/head?timeout=-1", 400)]
    [InlineData("POST", "q/messages/head?timeout=1e9", 400)]
    [InlineData("POST", "q/messages/head?timeout=0", 204)]
    public Task Wrong_addresses_and_waits(string method, string path, int status) => ExpectAsync(new HttpMethod(method), path, null, null, status);

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("""[{"Body":7}]""")]
    [InlineData("""[{"Body":"a","BrokerProperties":[]}]""")]
    [InlineData("""[{"Body":"a","BrokerProperties":{"MessageId":{}}}]""")]
    [InlineData("""[{"Body":"a","UserProperties":{"Transfer-Encoding":"chunked"}}]""")]
    [InlineData("""[{"Body":"a","UserProperties":{"a\r\nb":"c"}}]""")]
    [InlineData("""[{"Body":"a","BrokerProperties":{"ContentType":"a\r\nb: c"}}]""")]
    [InlineData("""[{"Body":"\udc00"}]""")]
    [InlineData("""[{"Body":"a","Body":"b"}]""")]
    [InlineData("""[{"Body":"a"}""")]
    public Task Broken_batches(string body) => ExpectAsync(HttpMethod.Post, "q/messages", Encoding.UTF8.GetBytes(body), Batch, 400);

    [Fact]
    public async Task Bytes_that_are_no_text_and_bodies_that_are_too_large()
    {
        await ExpectAsync(HttpMethod.Post, "q/messages", [0xff], Batch, 400);
        await ExpectAsync(HttpMethod.Post, "q/messages", new byte[ServiceBusServer.MostBytes + 1], "text/plain", 413);
        await ExpectAsync(HttpMethod.Post, "q/messages", new byte[ServiceBusServer.MostBytes], "text/plain", 201);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"Label\":\"\\ud800\"}")]
    [InlineData("{\"TimeToLive\":-5}")]
    public async Task Broken_broker_properties(string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "q/messages");
        request.Headers.TryAddWithoutValidation(BrokerProperties.HeaderName, header);
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Without_the_key_nobody_learns_which_queues_there_are()
    {
        using var stranger = new HttpClient { BaseAddress = http.BaseAddress };
        using var known = await stranger.PostAsync(new Uri("q/messages", UriKind.Relative), null);
        using var unknown = await stranger.PostAsync(new Uri("nobody/messages", UriKind.Relative), null);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (known.StatusCode, unknown.StatusCode));
        Assert.Equal(await known.Content.ReadAsStringAsync(), await unknown.Content.ReadAsStringAsync());
    }

    private async Task ExpectAsync(HttpMethod method, string path, byte[]? body, string? type, int status)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new ByteArrayContent(body) };
        if (type is not null)
        {
            request.Content!.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} {text}");
        Assert.True(status < 400 || text.StartsWith($"<Error><Code>{status}</Code><Detail>", StringComparison.Ordinal), text);
    }
}
