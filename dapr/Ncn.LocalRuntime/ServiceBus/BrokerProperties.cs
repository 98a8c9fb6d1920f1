using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>The JSON of the header <c>BrokerProperties</c>: https://learn.microsoft.com/rest/api/servicebus/message-headers-and-properties.</summary>
internal static class BrokerProperties
{
    public const string HeaderName = "BrokerProperties";
    private const int LongestText = 4096;
    private const int LongestId = 128;

    private static readonly string[] OfSender = ["CorrelationId", "Label", "PartitionKey", "ReplyTo", "ReplyToSessionId", "SessionId", "To"];

    /// <exception cref="BusException">Not a JSON object, or a property of a wrong kind.</exception>
    public static Posting Read(string? text, byte[] body, string? contentType, JsonObject user)
    {
        var given = text is null ? [] : ParseObject(text, HeaderName);
        return Read(given, body, contentType, user);
    }

    /// <inheritdoc cref="Read(string?, byte[], string?, JsonObject)"/>
    public static Posting Read(JsonObject given, byte[] body, string? contentType, JsonObject user)
    {
        var broker = new JsonObject();
        foreach (var name in OfSender)
        {
            if (Text(given, name, LongestText) is { } value)
            {
                broker[name] = value;
            }
        }

        var id = Text(given, "MessageId", LongestId) ?? Guid.NewGuid().ToString("N");
        broker["MessageId"] = id;
        var life = Life(given);
        if (life is { } span)
        {
            broker["TimeToLive"] = span.TotalSeconds;
        }

        var scheduled = Moment(given, "ScheduledEnqueueTimeUtc");
        if (scheduled is { } moment)
        {
            broker["ScheduledEnqueueTimeUtc"] = Format(moment);
        }

        return new Posting(id, body, Printable(contentType ?? Text(given, "ContentType", LongestText)), broker, user) { TimeToLive = life, ScheduledFor = scheduled };
    }

    public static string Write(Delivery delivery)
    {
        var json = (JsonObject)delivery.Broker.DeepClone();
        json["SequenceNumber"] = delivery.Sequence;
        json["DeliveryCount"] = delivery.Deliveries;
        json["EnqueuedTimeUtc"] = Format(DateTimeOffset.FromUnixTimeMilliseconds(delivery.EnqueuedAt));
        json["State"] = "Active";
        if (delivery.LockToken is { } token)
        {
            json["LockToken"] = token;
            json["LockedUntilUtc"] = Format(DateTimeOffset.FromUnixTimeMilliseconds(delivery.LockedUntil));
        }

        return json.ToJsonString();
    }

    public static string Locked(long until) => new JsonObject { ["LockedUntilUtc"] = Format(DateTimeOffset.FromUnixTimeMilliseconds(until)) }.ToJsonString();

    public static JsonObject ParseObject(string text, string what)
    {
        try
        {
            JsonText.Check(Encoding.UTF8.GetBytes(text));
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject ?? throw BusException.Malformed($"{what} is not a JSON object");
        }
        catch (JsonException error)
        {
            throw BusException.Malformed($"{what} is not a JSON object: {error.Message}", error);
        }
    }

    private static string Format(DateTimeOffset moment) => moment.ToString("R", CultureInfo.InvariantCulture);

    private static string? Text(JsonObject given, string name, int longest) => given[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) && text.Length > 0 && text.Length <= longest => text,
        _ => throw BusException.Malformed($"{name} is not text of 1 to {longest} characters"),
    };

    /// <summary>It becomes a header of the answer to a receiver.</summary>
    private static string? Printable(string? contentType) =>
        contentType?.All(letter => letter is >= ' ' and <= '~') != false ? contentType : throw BusException.Malformed("the content type is not printable ASCII");

    /// <summary>Seconds; or a time span, as batches write it.</summary>
    private static TimeSpan? Life(JsonObject given)
    {
        const double MostSeconds = 3650.0 * 24 * 3600;
        if (given["TimeToLiveTimeSpan"] is JsonValue span)
        {
            return span.TryGetValue<string>(out var text) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var life) && life > TimeSpan.Zero
                ? life
                : throw BusException.Malformed("TimeToLiveTimeSpan is not a positive time span");
        }

        return given["TimeToLive"] switch
        {
            null => null,
            JsonValue value when value.TryGetValue<double>(out var seconds) && seconds > 0 => TimeSpan.FromSeconds(Math.Min(seconds, MostSeconds)),
            _ => throw BusException.Malformed("TimeToLive is not a positive number of seconds"),
        };
    }

    private static DateTimeOffset? Moment(JsonObject given, string name) => given[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) => moment,
        _ => throw BusException.Malformed($"{name} is not a moment such as 'Wed, 02 Jul 2014 01:32:27 GMT'"),
    };
}
