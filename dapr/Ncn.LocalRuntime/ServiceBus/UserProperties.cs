using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>The sender's own properties: a header each in single messages (its value JSON, or else text), an object in batches.</summary>
internal static partial class UserProperties
{
    private const int MostBytes = 32 * 1024;

    private static readonly HashSet<string> OfHttp = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Accept-Encoding", "Authorization", "Baggage", BrokerProperties.HeaderName, "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type",
        "Correlation-Context", "Date", "Expect", "Host", "Keep-Alive", "Location", "Request-Id", "Server", "Traceparent", "Tracestate", "Transfer-Encoding", "Upgrade", "User-Agent",
    };

    public static JsonObject Read(IHeaderDictionary headers)
    {
        var properties = new JsonObject();
        foreach (var (name, value) in headers.Where(header => !OfHttp.Contains(header.Key)))
        {
            properties[name] = Value(value.ToString());
        }

        return properties;
    }

    /// <exception cref="BusException">A name that is no header's, or a value that is none.</exception>
    public static JsonObject Check(JsonObject properties)
    {
        foreach (var (name, value) in properties)
        {
            if (!HeaderName().IsMatch(name) || OfHttp.Contains(name))
            {
                throw BusException.Malformed("the name of a user property has other characters than letters, digits and '-', or is one of HTTP's");
            }

            if (value is not JsonValue)
            {
                throw BusException.Malformed($"the user property {name} is neither text nor number nor true or false");
            }
        }

        return properties.ToJsonString().Length <= MostBytes ? properties : throw BusException.Malformed($"the user properties have more than {MostBytes} bytes");
    }

    private static JsonValue Value(string text)
    {
        try
        {
            JsonText.Check(Encoding.UTF8.GetBytes(text));
            return JsonNode.Parse(text) is JsonValue value ? value : JsonValue.Create(text);
        }
        catch (JsonException)
        {
            // Without quotes it is text as it stands.
            return JsonValue.Create(text);
        }
    }

    [GeneratedRegex("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")]
    private static partial Regex HeaderName();
}
