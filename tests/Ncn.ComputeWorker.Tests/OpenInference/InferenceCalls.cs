using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using BinaryData = Ncn.OpenInference.BinaryData;

namespace Ncn.ComputeWorker.Tests.OpenInference;

/// <summary>An answer over REST.</summary>
internal sealed record RestAnswer(HttpStatusCode Status, string? ContentType, byte[] Body, string? JsonLength)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The JSON of the body, without the bytes behind it.</summary>
    public JsonElement Json => JsonDocument.Parse(Body.AsMemory(0, JsonLength is null ? Body.Length : int.Parse(JsonLength, null))).RootElement;

    /// <summary>The error's text, after a look at its shape: one member, words, and nothing of the server's insides.</summary>
    public string Error()
    {
        Assert.Equal("application/json", ContentType);
        JsonProperty member = Assert.Single(Json.EnumerateObject());
        Assert.Equal("error", member.Name);
        return Words.Checked(member.Value.GetString());
    }
}

/// <summary>What a caller may be told.</summary>
internal static class Words
{
    public static string Checked(string? text)
    {
        Assert.False(string.IsNullOrWhiteSpace(text));
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetTempPath(), text, StringComparison.Ordinal);
        return text;
    }
}

/// <summary>Calls a worker as its operator does.</summary>
internal sealed class InferenceCalls(TestWorker worker)
{
    public static Metadata Token { get; } = new() { { "authorization", $"Bearer {TestWorker.OperatorToken}" } };

    public Task<RestAnswer> GetAsync(string path, string? token = TestWorker.OperatorToken) => SendAsync(HttpMethod.Get, path, null, token);

    public Task<RestAnswer> PostAsync(string path, string json, string? token = TestWorker.OperatorToken) =>
        SendAsync(HttpMethod.Post, path, Content(Encoding.UTF8.GetBytes(json), "application/json"), token);

    /// <summary>An infer call with tensors behind the JSON.</summary>
    public Task<RestAnswer> PostAsync(string path, string json, byte[] binary)
    {
        byte[] text = Encoding.UTF8.GetBytes(json);
        return PostAsync(path, [.. text, .. binary], "application/octet-stream", $"{text.Length}");
    }

    public Task<RestAnswer> PostAsync(string path, byte[] body, string? contentType, string? jsonLength, string? encoding = null)
    {
        ByteArrayContent content = Content(body, contentType);
        if (jsonLength is not null)
        {
            content.Headers.TryAddWithoutValidation(BinaryData.Header, jsonLength);
        }

        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        return SendAsync(HttpMethod.Post, path, content, TestWorker.OperatorToken);
    }

    public async Task<RestAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, string? token)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using HttpResponseMessage response = await worker.Http.SendAsync(request);
        return new RestAnswer(
            response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsByteArrayAsync(),
            response.Headers.TryGetValues(BinaryData.Header, out IEnumerable<string>? lengths) ? lengths.Single() : null);
    }

    private static ByteArrayContent Content(byte[] body, string? contentType)
    {
        var content = new ByteArrayContent(body);
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return content;
    }
}
