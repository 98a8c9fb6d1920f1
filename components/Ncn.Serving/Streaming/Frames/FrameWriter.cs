using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using Ncn.Payments.X402;

namespace Ncn.Serving.Streaming.Frames;

/// <summary>Writes the server's frames about one request. Each is valid until the next is written: the sender is awaited in between.</summary>
/// <param name="id">The client's name for the request; null for what is about the whole socket.</param>
internal sealed class FrameWriter(string? id)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    /// <summary>A stream begins: its status and headers.</summary>
    public ReadOnlyMemory<byte> Started(int status, IHeaderDictionary headers) => Write("started", json =>
    {
        json.WriteNumber("status", status);
        WriteHeaders(json, headers);
    });

    /// <summary>One event of a stream.</summary>
    /// <param name="sequence">Its number, from 0.</param>
    public ReadOnlyMemory<byte> Event(ServerEvent served, ulong sequence) => Write("event", json =>
    {
        var (request, number) = ReadId(served.Id);
        json.WriteNumber("sequence", number ?? sequence);
        if (request is not null)
        {
            json.WriteString("request", request);
        }

        if (served.Name is not null)
        {
            json.WriteString("event", served.Name);
        }

        WriteJson(json, "data", served.Data);
    });

    /// <summary>A stream has ended.</summary>
    public ReadOnlyMemory<byte> Done(int status) => Write("done", json => json.WriteNumber("status", status));

    /// <summary>A whole answer.</summary>
    public ReadOnlyMemory<byte> Done(int status, IHeaderDictionary headers, ReadOnlyMemory<byte> body) =>
        Write("done", json => WriteAnswer(json, status, headers, body));

    /// <summary>A refusal or a failure, in the shape of the protocol that was spoken.</summary>
    public ReadOnlyMemory<byte> Error(int status, IHeaderDictionary headers, ReadOnlyMemory<byte> body) =>
        Write("error", json => WriteAnswer(json, status, headers, body));

    /// <summary>What is wrong with a frame.</summary>
    public ReadOnlyMemory<byte> Error(FrameProblem problem) => Write("error", json =>
    {
        json.WriteNumber("status", problem.Status);
        json.WriteStartObject("body");
        json.WriteStartObject("error");
        json.WriteString("message", problem.Message);
        json.WriteString("type", problem.Status is 429 ? "rate_limit_error" : problem.Status >= 500 ? "server_error" : "invalid_request_error");
        json.WriteNull("param");
        json.WriteString("code", problem.Code);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>Payment is missing or was not taken: what would be.</summary>
    public ReadOnlyMemory<byte> PaymentRequired(int status, IHeaderDictionary headers, ReadOnlyMemory<byte> body) => Write("payment_required", json =>
    {
        WriteAnswer(json, status, headers, body);
        WriteHeader(json, "required", headers, X402Header.Required);
    });

    /// <summary>The answer to a ping.</summary>
    public ReadOnlyMemory<byte> Pong() => Write("pong", static _ => { });

    /// <summary>A request was cancelled by its client.</summary>
    public ReadOnlyMemory<byte> Cancelled() => Write("cancelled", static _ => { });

    /// <summary>Any other frame.</summary>
    public ReadOnlyMemory<byte> Write(string type, Action<Utf8JsonWriter> members)
    {
        _buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("type", type);
            members(json);
            json.WriteEndObject();
        }

        return _buffer.WrittenMemory;
    }

    private static void WriteAnswer(Utf8JsonWriter json, int status, IHeaderDictionary headers, ReadOnlyMemory<byte> body)
    {
        json.WriteNumber("status", status);
        WriteHeaders(json, headers);
        WriteHeader(json, "payment", headers, X402Header.Response);
        if (body.Length > 0 && IsJson(headers))
        {
            WriteJson(json, "body", body);
        }
        else if (body.Length > 0)
        {
            json.WriteBase64String("bodyBase64", body.Span);
        }
    }

    private static bool IsJson(IHeaderDictionary headers) =>
        headers.ContentType.ToString() is var type && type.Contains("json", StringComparison.OrdinalIgnoreCase);

    private static void WriteHeaders(Utf8JsonWriter json, IHeaderDictionary headers)
    {
        json.WriteStartObject("headers");
        foreach (var (name, values) in headers)
        {
            if (FrameHeaders.IsForClients(name))
            {
                json.WriteString(name.ToLowerInvariant(), values.ToString());
            }
        }

        json.WriteEndObject();
    }

    // The JSON under a header's base64, so that who has frames need not unpack it.
    private static void WriteHeader(Utf8JsonWriter json, string member, IHeaderDictionary headers, string name)
    {
        if (headers[name].ToString() is { Length: > 0 } value && X402Header.Unwrap(value, out _) is { } content)
        {
            WriteJson(json, member, content);
        }
    }

    // What another gateway's answer carried may be no JSON: then it is a text.
    private static void WriteJson(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> value)
    {
        if (IsJson(value.Span))
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value.Span, skipInputValidation: true);
        }
        else
        {
            json.WriteString(name, Encoding.UTF8.GetString(value.Span));
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value);
            while (reader.Read())
            {
                // To the end: the reader throws at what is no JSON.
            }

            return Utf8.IsValid(value);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static (string? Request, ulong? Number) ReadId(string? eventId)
    {
        var colon = eventId?.LastIndexOf(':') ?? -1;
        return colon > 0 && ulong.TryParse(eventId.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (eventId![..colon], number)
            : (null, null);
    }
}
