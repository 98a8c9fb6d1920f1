using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Dapr;

/// <summary>
/// Unwraps CloudEvents: replaces the body by the event's data and the content type by its
/// <c>datacontenttype</c>. Requests of any other content type pass through untouched.
/// </summary>
internal sealed class CloudEventsMiddleware(RequestDelegate next)
{
    private const string EnvelopeType = "application/cloudevents+json";
    private const string JsonType = "application/json";

    public async Task InvokeAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals(EnvelopeType, StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }
        if (await UnwrapAsync(context.Request, type.Encoding ?? Encoding.UTF8) is not { } payload)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        var (originalBody, originalType) = (context.Request.Body, context.Request.ContentType);
        try
        {
            context.Request.Body = new MemoryStream(payload.Body);
            context.Request.ContentType = payload.ContentType;
            await next(context);
        }
        finally
        {
            context.Request.Body = originalBody;
            context.Request.ContentType = originalType;
        }
    }

    /// <summary>The event's data, or null for an envelope that is not a JSON object or has two kinds of data.</summary>
    private static async Task<Payload?> UnwrapAsync(HttpRequest request, Encoding encoding)
    {
        try
        {
            using var envelope = await ReadAsync(request, encoding);
            return envelope.RootElement.ValueKind == JsonValueKind.Object ? PayloadOf(envelope.RootElement) : null;
        }
        catch (Exception failure) when (failure is JsonException or FormatException)
        {
            return null; // The sender's fault, answered with 400.
        }
    }

    private static async Task<JsonDocument> ReadAsync(HttpRequest request, Encoding encoding)
    {
        if (encoding is UTF8Encoding)
        {
            return await JsonDocument.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
        }
        using var reader = new StreamReader(request.Body, encoding);
        return JsonDocument.Parse(await reader.ReadToEndAsync(request.HttpContext.RequestAborted));
    }

    private static Payload? PayloadOf(JsonElement envelope)
    {
        var data = Find(envelope, "data");
        var binary = Find(envelope, "data_base64");
        if (data is not null && binary is not null)
        {
            return null;
        }
        var (type, isJson) = DataType(envelope);
        if (binary is not null)
        {
            return new Payload(binary.Value.GetBytesFromBase64(), type);
        }
        if (data is null)
        {
            return new Payload([], null);
        }
        // CloudEvents encloses text that is not JSON in a JSON string; everything else is JSON as it stands.
        var asText = !isJson && data.Value.ValueKind == JsonValueKind.String;
        return new Payload(Encoding.UTF8.GetBytes(asText ? data.Value.GetString()! : data.Value.GetRawText()), type);
    }

    private static (string Type, bool IsJson) DataType(JsonElement envelope)
    {
        if (Find(envelope, "datacontenttype") is not { ValueKind: JsonValueKind.String } text
            || !MediaTypeHeaderValue.TryParse(text.GetString(), out var parsed))
        {
            return (JsonType, true);
        }
        parsed.Charset = default; // The new body is UTF-8, whatever the sender used.
        var isJson = parsed.MediaType.Equals(JsonType, StringComparison.Ordinal) || parsed.Suffix.Equals("json", StringComparison.Ordinal);
        return (parsed.ToString(), isJson);
    }

    private static JsonElement? Find(JsonElement envelope, string name)
    {
        foreach (var property in envelope.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return property.Value;
            }
        }
        return null;
    }

    private readonly record struct Payload(byte[] Body, string? ContentType);
}
