using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Azure.Messaging.ServiceBus;

/// <summary>Application properties: headers of their own name in single messages (text and moments in quotes), JSON in batches.</summary>
internal static class UserProperties
{
    private static readonly HashSet<string> OfHttp = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Authorization", "BrokerProperties", "Cache-Control", "Connection", "Content-Length", "Content-Type", "Date", "Expect", "Host", "Location",
        "Request-Id", "Server", "Strict-Transport-Security", "Traceparent", "Tracestate", "Transfer-Encoding", "User-Agent",
    };

    public static void Write(HttpRequestHeaders headers, IEnumerable<KeyValuePair<string, object>> properties)
    {
        foreach (var (name, value) in properties)
        {
            if (OfHttp.Contains(name) || !headers.TryAddWithoutValidation(name, JsonSerializer.Serialize(ToJson(name, value))))
            {
                throw new ArgumentException($"The application property '{name}' cannot be sent as a header; take a name of letters, digits and '-'.");
            }
        }
    }

    public static void Write(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, object>> properties)
    {
        json.WriteStartObject();
        foreach (var (name, value) in properties)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, ToJson(name, value));
        }

        json.WriteEndObject();
    }

    public static Dictionary<string, object> Read(HttpResponseHeaders headers) => headers
        .Where(header => !OfHttp.Contains(header.Key))
        .ToDictionary(header => header.Key, header => FromText(string.Join(", ", header.Value)));

    private static object ToJson(string name, object value) => value switch
    {
        string or bool or byte or sbyte or short or ushort or int or uint or long or ulong or float or double or decimal => value,
        Guid id => id.ToString(),
        DateTimeOffset moment => moment.ToString("R", CultureInfo.InvariantCulture),
        DateTime moment => moment.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"The application property '{name}' has the type {value?.GetType()}, which no message can carry."),
    };

    private static object FromText(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var value = json.RootElement;
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString()!,
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.Number when value.TryGetInt64(out var number) => number,
                JsonValueKind.Number => value.GetDouble(),
                _ => text,
            };
        }
        catch (JsonException)
        {
            // Not of this form, so it is text that somebody sent without quotes.
            return text;
        }
    }
}
