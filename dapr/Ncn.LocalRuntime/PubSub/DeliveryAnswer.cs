using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.PubSub;

internal enum DeliveryStatus
{
    Success,
    Retry,
    Drop,
}

/// <summary>Reads what a subscriber answered: 2xx with SUCCESS, RETRY, DROP or nothing; 404 drops; all else retries.</summary>
internal static class DeliveryAnswer
{
    public static DeliveryStatus Read(AppAnswer answer, bool bulk)
    {
        if (answer.Status == 404)
        {
            return DeliveryStatus.Drop;
        }

        if (!answer.IsSuccess)
        {
            return DeliveryStatus.Retry;
        }

        return (bulk ? ReadStatus(answer.Body, ["statuses", 0, "status"]) : ReadStatus(answer.Body, ["status"])) switch
        {
            "RETRY" => DeliveryStatus.Retry,
            "DROP" => DeliveryStatus.Drop,
            _ => DeliveryStatus.Success,
        };
    }

    private static string? ReadStatus(byte[] body, object[] path)
    {
        try
        {
            var found = body.Length == 0 ? null : JsonNode.Parse(body);
            foreach (var step in path)
            {
                found = (found, step) switch
                {
                    (JsonObject item, string name) => item[name],
                    (JsonArray { Count: > 0 } items, int index) => items[index],
                    _ => null,
                };
            }

            return (found as JsonValue)?.ToString();
        }
        catch (JsonException)
        {
            // A 2xx answer whose body is no status object is an acknowledgement.
            return null;
        }
    }
}

/// <summary>The envelope of bulk subscriptions; deliveries here are of one entry each, which the API allows.</summary>
internal static class BulkEnvelope
{
    public static byte[] Wrap(Group group, byte[] cloudEvent) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["id"] = Guid.NewGuid().ToString(),
        ["entries"] = new JsonArray(new JsonObject
        {
            ["entryId"] = Guid.NewGuid().ToString(),
            ["event"] = JsonNode.Parse(cloudEvent),
            ["contentType"] = CloudEvent.ContentType,
            ["metadata"] = new JsonObject(),
        }),
        ["metadata"] = new JsonObject(),
        ["topic"] = group.Topic,
        ["pubsubname"] = group.PubSubName,
        ["type"] = "com.dapr.event.sent.bulk",
    });
}
