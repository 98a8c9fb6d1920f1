using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Client.Inference;
using Ncn.Protocol;

namespace Ncn.Client;

/// <summary>Calls one gateway. Payment is the affair of the HttpClient's handler (<see cref="Paying.PayingHandler"/>).</summary>
/// <param name="http">Its base address is the gateway, such as http://127.0.0.1:8080/.</param>
public sealed class NcnClient(HttpClient http)
{
    private static readonly JsonSerializerOptions Json = new(ProtocolJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private static readonly Uri Chat = new("v1/chat/completions", UriKind.Relative);

    /// <summary>Asks a chat model and waits for the whole answer.</summary>
    /// <param name="idempotencyKey">A repeat with the same key gets the first answer and is charged nothing.</param>
    /// <exception cref="NcnException">The gateway refused.</exception>
    /// <exception cref="Paying.PaymentException">The payer refused.</exception>
    public async Task<ChatAnswer> ChatAsync(ChatRequest request, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        using var message = Post(Chat, request, idempotencyKey);
        using var response = await http.SendAsync(message, cancellationToken);
        return ChatReader.Whole(await ReadAsync(response, cancellationToken));
    }

    /// <summary>Asks a chat model at no more than a quote for this very request, while the quote is good.</summary>
    public async Task<ChatAnswer> ChatAsync(ChatRequest request, RequestQuote quote, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(quote);
        using var message = Post(Chat, request, idempotencyKey);
        message.Headers.Add(RequestQuote.HeaderName, quote.Header);
        using var response = await http.SendAsync(message, cancellationToken);
        return ChatReader.Whole(await ReadAsync(response, cancellationToken));
    }

    /// <summary>Asks a chat model and yields the answer as it is made; the last piece carries the receipt.</summary>
    public async IAsyncEnumerable<ChatPiece> StreamChatAsync(
        ChatRequest request, string? idempotencyKey = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var body = JsonSerializer.SerializeToNode(request, Json)!.AsObject();
        body["stream"] = true;
        body["stream_options"] = new System.Text.Json.Nodes.JsonObject { ["include_usage"] = true };
        using var message = Post(Chat, body, idempotencyKey);
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            await ReadAsync(response, cancellationToken);
        }

        await using var events = await response.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var piece in ChatReader.PiecesAsync(events, cancellationToken))
        {
            yield return piece;
        }
    }

    /// <summary>Puts a chat request into the queue and returns at once.</summary>
    public async Task<QueuedRequest> EnqueueChatAsync(ChatRequest request, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        using var message = Post(Chat, request, idempotencyKey);
        message.Headers.Add("Prefer", "respond-async");
        using var response = await http.SendAsync(message, cancellationToken);
        return (await ReadAsync(response, cancellationToken)).Deserialize<QueuedRequest>(ProtocolJson.Options)!;
    }

    /// <summary>A queued request as it stands.</summary>
    public async Task<QueuedRequest> GetRequestAsync(RequestId id, CancellationToken cancellationToken = default)
    {
        using var response = await http.GetAsync(new Uri($"v1/requests/{id}", UriKind.Relative), cancellationToken);
        return (await ReadAsync(response, cancellationToken)).Deserialize<QueuedRequest>(ProtocolJson.Options)!;
    }

    /// <summary>Polls a queued chat request until it has ended, four times a second, and returns its answer.</summary>
    /// <exception cref="NcnException">The request failed.</exception>
    public async Task<ChatAnswer> WaitForChatAsync(RequestId id, CancellationToken cancellationToken = default)
    {
        var request = await GetRequestAsync(id, cancellationToken);
        while (!request.HasEnded)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellationToken);
            request = await GetRequestAsync(id, cancellationToken);
        }

        var answer = request.Response ?? default;
        return request.Status == "completed"
            ? ChatReader.Whole(answer)
            : throw GatewayErrors.From((HttpStatusCode)(request.StatusCode ?? 500), answer);
    }

    /// <summary>Runs a tensor model (Open Inference Protocol v2, REST).</summary>
    public async Task<InferAnswer> InferAsync(string model, InferRequest request, string? idempotencyKey = null, CancellationToken cancellationToken = default)
    {
        using var message = Post(new Uri($"v2/models/{Uri.EscapeDataString(model)}/infer", UriKind.Relative), request, idempotencyKey);
        using var response = await http.SendAsync(message, cancellationToken);
        var answer = await ReadAsync(response, cancellationToken);
        return answer.Deserialize<InferAnswer>(ProtocolJson.Options)! with { Network = NcnMember.Read(answer) ?? NcnMember.ReadParameters(answer) };
    }

    /// <summary>What a chat request may cost at most and will probably cost. Nothing is paid or run.</summary>
    public Task<RequestQuote> QuoteAsync(ChatRequest request, CancellationToken cancellationToken = default) =>
        QuoteAsync("/" + Chat, JsonSerializer.SerializeToElement(request, Json), cancellationToken);

    /// <summary>The same for any request that costs something: its path, such as /v1/embeddings, and its body.</summary>
    /// <exception cref="NcnException">The gateway refused: it is no request of that path, or nobody serves the model.</exception>
    public async Task<RequestQuote> QuoteAsync(string path, JsonElement body, CancellationToken cancellationToken = default)
    {
        using var message = Post(new Uri("v1/quote", UriKind.Relative), new { path, body }, idempotencyKey: null);
        using var response = await http.SendAsync(message, cancellationToken);
        return (await ReadAsync(response, cancellationToken)).Deserialize<RequestQuote>(ProtocolJson.Options)!;
    }

    /// <summary>The models that the gateway serves now.</summary>
    public async Task<IReadOnlyList<ServedModel>> ModelsAsync(CancellationToken cancellationToken = default)
    {
        using var response = await http.GetAsync(new Uri("v1/models", UriKind.Relative), cancellationToken);
        var list = await ReadAsync(response, cancellationToken);
        return [.. list.GetProperty("data").EnumerateArray().Select(ServedModel.Read)];
    }

    private static HttpRequestMessage Post<T>(Uri path, T body, string? idempotencyKey)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, options: Json) };
        if (idempotencyKey is not null)
        {
            message.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        return message;
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        var answer = GatewayErrors.ParseOrNothing(body);
        if (!response.IsSuccessStatusCode)
        {
            throw GatewayErrors.From(response.StatusCode, answer);
        }

        return answer.ValueKind == JsonValueKind.Object ? answer : throw new NcnException("The gateway's answer is not a JSON object.");
    }
}
