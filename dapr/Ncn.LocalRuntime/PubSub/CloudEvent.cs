using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.PubSub;

/// <summary>Where an event comes from; the id is fresh for each publication.</summary>
internal sealed record EventOrigin(string Id, string AppId, string PubSubName, string Topic, string? TraceParent, string? TraceState);

/// <summary>CloudEvents 1.0 envelopes as Dapr makes them: https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-cloudevents/.</summary>
internal static class CloudEvent
{
    public const string ContentType = "application/cloudevents+json";

    /// <summary>Wraps the published body, or completes it when it already is a CloudEvent. Throws <see cref="FormatException"/>.</summary>
    public static byte[] Wrap(EventOrigin origin, string? contentType, byte[] body, IReadOnlyDictionary<string, string> metadata)
    {
        var type = MediaType(contentType);
        var envelope = type == ContentType ? ParseEvent(body) : NewEvent(origin, contentType, type, body);
        envelope["topic"] = origin.Topic;
        envelope["pubsubname"] = origin.PubSubName;
        SetTrace(envelope, origin);
        foreach (var (name, value) in metadata)
        {
            if (name.StartsWith("cloudevent.", StringComparison.OrdinalIgnoreCase))
            {
                envelope[name["cloudevent.".Length..].ToLowerInvariant()] = value;
            }
        }

        return JsonSerializer.SerializeToUtf8Bytes(envelope);
    }

    /// <summary>The envelope of a message that was published raw, for a subscriber that asked for raw payloads.</summary>
    public static byte[] WrapRaw(EventOrigin origin, byte[] body)
    {
        var envelope = Header(origin, "application/octet-stream");
        envelope["data_base64"] = Convert.ToBase64String(body);
        envelope["topic"] = origin.Topic;
        envelope["pubsubname"] = origin.PubSubName;
        return JsonSerializer.SerializeToUtf8Bytes(envelope);
    }

    private static JsonObject NewEvent(EventOrigin origin, string? contentType, string type, byte[] body)
    {
        var envelope = Header(origin, contentType ?? "text/plain");
        if (type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal))
        {
            envelope["data"] = ParseJson(body);
        }
        else if (type == "application/octet-stream")
        {
            envelope["data_base64"] = Convert.ToBase64String(body);
        }
        else
        {
            envelope["data"] = Encoding.UTF8.GetString(body);
        }

        return envelope;
    }

    private static JsonObject Header(EventOrigin origin, string contentType) => new()
    {
        ["id"] = origin.Id,
        ["source"] = origin.AppId,
        ["specversion"] = "1.0",
        ["type"] = "com.dapr.event.sent",
        ["datacontenttype"] = contentType,
        ["time"] = DateTimeOffset.UtcNow.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
    };

    private static JsonObject ParseEvent(byte[] body)
    {
        if (ParseJson(body) is not JsonObject envelope)
        {
            throw new FormatException("the body is not a JSON object, though its content type is application/cloudevents+json");
        }

        foreach (var required in (string[])["id", "source", "specversion", "type"])
        {
            if (envelope[required] is not JsonValue value || value.GetValueKind() != JsonValueKind.String || value.GetValue<string>().Length == 0)
            {
                throw new FormatException($"the CloudEvent has no {required}");
            }
        }

        return envelope;
    }

    private static JsonNode? ParseJson(byte[] body)
    {
        try
        {
            JsonText.Check(body);
            return body.Length == 0 ? null : JsonNode.Parse(body);
        }
        catch (JsonException error)
        {
            throw new FormatException($"the data is not JSON: {error.Message}", error);
        }
    }

    private static void SetTrace(JsonObject envelope, EventOrigin origin)
    {
        if (origin.TraceParent is { Length: > 0 } parent)
        {
            envelope["traceid"] = parent;
            envelope["traceparent"] = parent;
            envelope["tracestate"] = origin.TraceState ?? "";
        }
    }

    private static string MediaType(string? contentType) => (contentType ?? "text/plain").Split(';')[0].Trim().ToLowerInvariant();
}
