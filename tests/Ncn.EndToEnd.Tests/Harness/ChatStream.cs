using System.Text;
using System.Text.Json;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A chat answer that is read event by event, so that a test can act in the middle of it.</summary>
internal sealed class ChatStream : IAsyncDisposable
{
    private readonly HttpResponseMessage response;
    private readonly StreamReader reader;
    private readonly StringBuilder text = new();

    private ChatStream(HttpResponseMessage response, Stream events) => (this.response, reader) = (response, new StreamReader(events));

    /// <summary>The words so far.</summary>
    public string Text => text.ToString();

    /// <summary>Pieces with words so far.</summary>
    public int Pieces { get; private set; }

    /// <summary>The member ncn of the last event; null before it came.</summary>
    public JsonElement? Network { get; private set; }

    /// <summary>The member error of an event; null while there is none.</summary>
    public JsonElement? Error { get; private set; }

    /// <summary>True when [DONE] was read.</summary>
    public bool IsDone { get; private set; }

    public static async Task<ChatStream> OpenAsync(Uri gateway, string question, int maxTokens, string? payment)
    {
        using var request = Web.Request(new Uri(gateway, "v1/chat/completions"), Web.Chat(question, maxTokens, stream: true), payment);
        return await OpenAsync(request);
    }

    /// <summary>Sends a request for a stream. Throws <see cref="HttpRequestException"/> when it is not taken now.</summary>
    public static Task<ChatStream> OpenAsync(HttpRequestMessage request) => OpenAsync(Web.Client, request);

    /// <summary>The same by this client, over HTTP or a socket.</summary>
    public static async Task<ChatStream> OpenAsync(HttpClient http, HttpRequestMessage request)
    {
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if ((int)response.StatusCode >= 500)
        {
            throw new HttpRequestException(await response.Content.ReadAsStringAsync(), null, response.StatusCode);
        }

        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {(response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync())}");
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new ChatStream(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>Reads until so many pieces with words have come; false when the stream ended before.</summary>
    public async Task<bool> ReadPiecesAsync(int pieces)
    {
        while (Pieces < pieces && await ReadEventAsync())
        {
        }

        return Pieces >= pieces;
    }

    /// <summary>Reads to the end. A stream that breaks off throws <see cref="HttpRequestException"/> or <see cref="IOException"/>, or ends without [DONE].</summary>
    public async Task ReadToEndAsync()
    {
        while (await ReadEventAsync())
        {
        }
    }

    /// <summary>True when the connection broke, as it does when the gateway is killed.</summary>
    public async Task<bool> BreaksOffAsync()
    {
        try
        {
            await ReadToEndAsync();
            return !IsDone;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return true;
        }
    }

    public ValueTask DisposeAsync()
    {
        reader.Dispose();
        response.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> ReadEventAsync()
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                Take(line["data: ".Length..]);
                return !IsDone;
            }
        }

        return false;
    }

    private void Take(string data)
    {
        if (data == "[DONE]")
        {
            IsDone = true;
            return;
        }

        var piece = JsonSerializer.Deserialize<JsonElement>(data);
        Network = piece.TryGetProperty("ncn", out var network) ? network : Network;
        Error = piece.TryGetProperty("error", out var error) ? error : Error;
        if (piece.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0
            && choices[0].GetProperty("delta").TryGetProperty("content", out var content) && content.GetString() is { Length: > 0 } words)
        {
            text.Append(words);
            Pieces++;
        }
    }
}
