using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json;
using Ncn.Client.Paying;
using Ncn.Payments.X402;

namespace Ncn.Client.Streaming;

/// <summary>One request over a socket and what comes back for it: an answer at once, or a stream that is read as server-sent events.</summary>
internal sealed class SocketExchange(string id, HttpRequestMessage request, Func<ReadOnlyMemory<byte>, Task> send)
{
    // A stream that nobody reads at the moment must not hold up the others on the socket, so it is kept here, whole if need be.
    private const long MaxStreamBytes = 256L * 1024 * 1024;

    private readonly TaskCompletionSource<HttpResponseMessage> response = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Pipe events = new(new PipeOptions(pauseWriterThreshold: 0, resumeWriterThreshold: 0));
    private long streamBytes;
    private bool isStream;

    /// <summary>Nothing more comes for it.</summary>
    public event Action? Ended;

    /// <summary>The frame that begins it.</summary>
    public ReadOnlyMemory<byte> Frame(byte[]? body) => Write("request", json =>
    {
        json.WriteString("method", request.Method.Method);
        json.WriteString("path", Target(request.RequestUri!));
        json.WriteStartObject("headers");
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            if (!IsTheConnections(name))
            {
                json.WriteString(name, values.ToString());
            }
        }

        json.WriteEndObject();
        WriteBody(json, body);
    });

    public async Task<HttpResponseMessage> ResponseAsync(CancellationToken cancellation)
    {
        await using var cancelled = cancellation.Register(Cancel);
        return await response.Task;
    }

    public void Fail(Exception lost)
    {
        response.TrySetException(lost);
        events.Writer.Complete(lost);
        Ended?.Invoke();
    }

    public async Task TakeAsync(JsonElement frame)
    {
        switch (frame.GetProperty("type").GetString())
        {
            case "started":
                isStream = true;
                response.TrySetResult(SocketResponse.Of(request, Status(frame), Headers(frame), new SocketEvents(events.Reader, Cancel)));
                break;
            case "event":
                await WriteEventAsync(frame);
                break;
            case "payment_required" when isStream:
                await GrowAsync(frame);
                break;
            case "cancelled":
                Fail(new OperationCanceledException("The request was cancelled."));
                break;
            case "error" when isStream:
                Fail(new HttpRequestException($"The stream failed: {frame}"));
                break;
            case "done" when isStream:
                await events.Writer.WriteAsync("data: [DONE]\n\n"u8.ToArray());
                await events.Writer.CompleteAsync();
                Ended?.Invoke();
                break;
            case "done" or "error" or "payment_required":
                response.TrySetResult(SocketResponse.Of(request, Status(frame), Headers(frame), new ByteArrayContent(Body(frame))));
                Ended?.Invoke();
                break;
        }
    }

    // Who hangs up wants no more: the gateway stops, and charges what it has delivered.
    private void Cancel()
    {
        response.TrySetCanceled();
        _ = SendQuietlyAsync(Write("cancel", static _ => { }));
    }

    private async Task SendQuietlyAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            await send(frame);
        }
        catch (Exception gone) when (gone is System.Net.WebSockets.WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The socket is lost, and the request with it.
        }
    }

    // The stream has used up what was promised for it: promise more, if whoever pays does.
    private async Task GrowAsync(JsonElement frame)
    {
        if (request.Options.TryGetValue(PayingHandler.MorePayment, out var pay)
            && frame.TryGetProperty("headers", out var headers) && headers.TryGetProperty("payment-required", out var header)
            && X402Header.Decode<PaymentRequired>(header.GetString() ?? string.Empty, out _) is { } required
            && await pay(required) is { } payment)
        {
            await SendQuietlyAsync(Write("voucher", json => json.WriteString("payment", X402Header.Encode(payment))));
        }
    }

    private async Task WriteEventAsync(JsonElement frame)
    {
        var text = new StringBuilder();
        if (frame.TryGetProperty("request", out var name))
        {
            text.Append("id: ").Append(name.GetString()).Append(':').Append(frame.GetProperty("sequence").GetUInt64()).Append('\n');
        }

        if (frame.TryGetProperty("event", out var type))
        {
            text.Append("event: ").Append(type.GetString()).Append('\n');
        }

        text.Append("data: ").Append(frame.GetProperty("data").GetRawText()).Append("\n\n");
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        streamBytes += bytes.Length;
        if (streamBytes > MaxStreamBytes)
        {
            Fail(new HttpRequestException($"The stream has more than {MaxStreamBytes} bytes."));
            Cancel();
            return;
        }

        await events.Writer.WriteAsync(bytes);
    }

    private ReadOnlyMemory<byte> Write(string type, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("type", type);
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private void WriteBody(Utf8JsonWriter json, byte[]? body)
    {
        if (body is null)
        {
            return;
        }

        if (request.Content!.Headers.ContentType?.MediaType == "application/json")
        {
            json.WritePropertyName("body");
            json.WriteRawValue(body);
        }
        else
        {
            json.WriteBase64String("bodyBase64", body);
        }
    }

    private static bool IsTheConnections(string name) =>
        name.Equals("Host", StringComparison.OrdinalIgnoreCase) || name.Equals("User-Agent", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Connection", StringComparison.OrdinalIgnoreCase) || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);

    private static string Target(Uri address) => address.IsAbsoluteUri ? address.PathAndQuery : "/" + address.OriginalString.TrimStart('/');

    private static int Status(JsonElement frame) => frame.GetProperty("status").GetInt32();

    private static (string Name, string Value)[] Headers(JsonElement frame) => frame.TryGetProperty("headers", out var headers)
        ? headers.EnumerateObject().Select(static header => (header.Name, header.Value.GetString() ?? string.Empty)).ToArray() : [];

    private static byte[] Body(JsonElement frame) => frame.TryGetProperty("body", out var body) ? Encoding.UTF8.GetBytes(body.GetRawText())
        : frame.TryGetProperty("bodyBase64", out var raw) ? raw.GetBytesFromBase64() : [];
}

/// <summary>A stream's events; whoever stops reading before the end cancels the request.</summary>
internal sealed class SocketEvents(PipeReader events, Action cancel) : HttpContent
{
    private bool isEnded;

    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new WatchedStream(events.AsStream(), () => isEnded = true));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var source = await CreateContentReadStreamAsync();
        await source.CopyToAsync(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !isEnded)
        {
            isEnded = true;
            events.Complete();
            cancel();
        }

        base.Dispose(disposing);
    }
}
