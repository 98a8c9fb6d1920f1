using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Plain HTTP, as curl would send it.</summary>
internal static class Web
{
    /// <summary>
    /// One connection for each request: a killed server must not leave half-dead ones behind. An answer that is not read to its end is
    /// hung up on, not drained.
    /// </summary>
    public static HttpClient Client { get; } = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, MaxResponseDrainSize = 0 })
    {
        Timeout = TimeSpan.FromSeconds(150),
    };

    public static async Task<JsonElement> GetJsonAsync(Uri address)
    {
        using var answer = await Client.GetAsync(address);
        answer.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsByteArrayAsync());
    }

    /// <summary>Posts text as JSON, with or without a payment, and reads the whole answer.</summary>
    public static Task<Answer> PostAsync(Uri address, string body, string? payment = null, params (string Name, string Value)[] headers) =>
        SendAsync(Client, Request(address, body, payment, headers), CancellationToken.None);

    /// <summary>Sends a request by this client and reads the whole answer.</summary>
    public static async Task<Answer> SendAsync(HttpClient http, HttpRequestMessage request, CancellationToken cancellation)
    {
        using (request)
        {
            using var answer = await http.SendAsync(request, cancellation);
            return await Answer.ReadAsync(answer);
        }
    }

    public static async Task<Answer> GetAsync(Uri address)
    {
        using var answer = await Client.GetAsync(address);
        return await Answer.ReadAsync(answer);
    }

    public static HttpRequestMessage Request(Uri address, string body, string? payment, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (payment is not null)
        {
            request.Headers.Add("PAYMENT-SIGNATURE", payment);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return request;
    }

    /// <summary>A chat request's body.</summary>
    public static string Chat(string question, int maxTokens = 64, bool stream = false, string model = "tiny-chat") => new JsonObject
    {
        ["model"] = model,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = question }),
        ["max_tokens"] = maxTokens,
        ["temperature"] = 0,
        ["seed"] = 7,
        ["stream"] = stream,
    }.ToJsonString();
}

/// <summary>An answer that was read whole.</summary>
internal sealed record Answer(HttpStatusCode Status, string Body, HttpResponseHeaders Headers, string? ContentType)
{
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    /// <summary>The assistant's words.</summary>
    public string Content => Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    /// <summary>What the gateway adds: cost, node, receipt.</summary>
    public JsonElement Network => Json.GetProperty("ncn");

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? values.First() : null;

    public static async Task<Answer> ReadAsync(HttpResponseMessage answer) => new(
        answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers, answer.Content.Headers.ContentType?.MediaType);

    /// <summary>Holds this answer to OpenAI's error shape.</summary>
    public Answer IsOpenAiError(HttpStatusCode status, string code)
    {
        Assert.True(status == Status, $"{Status}: {Body}");
        Assert.Equal("application/json", ContentType);
        var error = Json.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.False(string.IsNullOrEmpty(error.GetProperty("message").GetString()));
        Assert.False(string.IsNullOrEmpty(error.GetProperty("type").GetString()));
        Assert.True(error.TryGetProperty("param", out _));
        Assert.DoesNotContain("   at ", Body, StringComparison.Ordinal);
        return this;
    }

    /// <summary>Holds this answer to the Open Inference Protocol's error shape; returns the text.</summary>
    public string IsInferenceError(HttpStatusCode status)
    {
        Assert.True(status == Status, $"{Status}: {Body}");
        Assert.Equal("application/json", ContentType);
        var member = Assert.Single(Json.EnumerateObject());
        Assert.Equal("error", member.Name);
        Assert.DoesNotContain("   at ", Body, StringComparison.Ordinal);
        return member.Value.GetString()!;
    }

    public Answer IsOk()
    {
        Assert.True(Status == HttpStatusCode.OK, $"{Status}: {Body}");
        return this;
    }
}
