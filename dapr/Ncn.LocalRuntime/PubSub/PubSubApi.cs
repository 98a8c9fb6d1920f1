using System.Text;
using System.Text.Json;
using Ncn.LocalRuntime.Sidecars;
using Ncn.LocalRuntime.State;

namespace Ncn.LocalRuntime.PubSub;

/// <summary>Publishing: https://docs.dapr.io/reference/api/pubsub_api/.</summary>
internal sealed class PubSubApi(Broker broker) : IBuildingBlock
{
    private const int MostEntries = 1000;

    public Task? Handle(ApiCall call) => call.Segments switch
    {
        ["v1.0" or "v1.0-alpha1", "publish", "bulk", var name, .. { Length: > 0 } topic] when call.IsWrite => PublishBulkAsync(call, name, string.Join('/', topic)),
        ["v1.0", "publish", var name, .. { Length: > 0 } topic] when call.IsWrite => PublishAsync(call, name, string.Join('/', topic)),
        _ => null,
    };

    private async Task PublishAsync(ApiCall call, string name, string topic)
    {
        CheckTarget(call, name, topic);
        var message = ToMessage(call, name, topic, call.Context.Request.ContentType, await call.ReadBodyAsync(), call.Metadata());
        await broker.PublishAsync(name, topic, [message]);
        await call.NoContentAsync();
    }

    private async Task PublishBulkAsync(ApiCall call, string name, string topic)
    {
        CheckTarget(call, name, topic);
        var body = await call.ReadJsonAsync();
        if (body.ValueKind != JsonValueKind.Array || body.GetArrayLength() > MostEntries)
        {
            throw ApiException.Malformed($"the body is not an array of at most {MostEntries} entries");
        }

        var messages = body.EnumerateArray().Select(entry => ToMessage(call, name, topic, entry)).ToList();
        await broker.PublishAsync(name, topic, messages);
        await call.NoContentAsync();
    }

    private static NewMessage ToMessage(ApiCall call, string name, string topic, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("event", out var value) || !HasEntryId(entry))
        {
            throw ApiException.Malformed("an entry has no entryId or no event");
        }

        var contentType = entry.TryGetProperty("contentType", out var given) ? given.GetString() : null;
        var isJson = contentType?.Contains("json", StringComparison.OrdinalIgnoreCase) ?? false;
        var bytes = !isJson && value.ValueKind == JsonValueKind.String
            ? contentType == "application/octet-stream" ? value.GetBytesFromBase64() : Encoding.UTF8.GetBytes(value.GetString()!)
            : Encoding.UTF8.GetBytes(value.GetRawText());
        var metadata = call.Metadata();
        if (entry.TryGetProperty("metadata", out var own) && own.ValueKind == JsonValueKind.Object)
        {
            own.EnumerateObject().ToList().ForEach(item => metadata[item.Name] = item.Value.ToString());
        }

        return ToMessage(call, name, topic, contentType, bytes, metadata);
    }

    // daprd reads names without regard to case, and the JavaScript client writes entryID.
    private static bool HasEntryId(JsonElement entry) =>
        entry.EnumerateObject().Any(property => property.Name.Equals("entryId", StringComparison.OrdinalIgnoreCase));

    private static NewMessage ToMessage(ApiCall call, string name, string topic, string? contentType, byte[] body, Dictionary<string, string> metadata)
    {
        try
        {
            var raw = metadata.GetValueOrDefault("rawPayload") == "true";
            var origin = new EventOrigin(Guid.NewGuid().ToString(), call.App.AppId, name, topic, call.Header("traceparent"), call.Header("tracestate"));
            var payload = raw ? body : CloudEvent.Wrap(origin, contentType, body, metadata);
            return new NewMessage(payload, raw, StateRequests.ParseTtl(metadata.GetValueOrDefault("ttlInSeconds")));
        }
        catch (FormatException error)
        {
            throw new ApiException(400, "ERR_PUBSUB_CLOUD_EVENTS_SER", $"cannot make a cloud event for topic {topic} pubsub {name}: {error.Message}", error);
        }
    }

    private static void CheckTarget(ApiCall call, string name, string topic)
    {
        if (call.App.Find(name, "pubsub.") is null)
        {
            throw new ApiException(404, "ERR_PUBSUB_NOT_FOUND", $"pubsub {name} is not found");
        }

        if (topic.Length == 0)
        {
            throw new ApiException(404, "ERR_TOPIC_EMPTY", $"topic is empty in pubsub {name}");
        }
    }
}
