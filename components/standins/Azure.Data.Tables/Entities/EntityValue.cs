using System.Globalization;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>Values of properties as OData JSON: what JSON cannot tell apart is named beside it, as in <c>"Size@odata.type":"Edm.Int64","Size":"7"</c>.</summary>
internal static class EntityValue
{
    private const string DateFormat = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

    /// <exception cref="NotSupportedException">The service has no such type.</exception>
    public static void Write(Utf8JsonWriter json, string name, object value)
    {
        var (type, text) = Annotate(name, value);
        if (type is not null)
        {
            json.WriteString(name + EntityNames.TypeSuffix, type);
        }

        json.WritePropertyName(name);
        switch (value)
        {
            case int number:
                json.WriteNumberValue(number);
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteStringValue(text);
                break;
        }
    }

    public static object? Read(JsonElement value, string? type) => type switch
    {
        null => Plain(value),
        "Edm.Int64" => long.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        "Edm.Double" => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : Special(value.GetString()!),
        "Edm.Guid" => Guid.Parse(value.GetString()!),
        "Edm.DateTime" => Moment(value.GetString()!),
        "Edm.Binary" => value.GetBytesFromBase64(),
        _ => Plain(value),
    };

    /// <summary>A value as a literal of an OData filter.</summary>
    public static string Literal(object? value) => value switch
    {
        null => throw new ArgumentNullException(nameof(value), "A filter cannot compare with null."),
        string text => Quote(text),
        bool flag => flag ? "true" : "false",
        int number => number.ToString(CultureInfo.InvariantCulture),
        long number => number.ToString(CultureInfo.InvariantCulture) + "L",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Guid id => $"guid'{id}'",
        DateTimeOffset or DateTime => $"datetime'{Annotate("", value).Text}'",
        byte[] bytes => $"X'{Convert.ToHexString(bytes)}'",
        BinaryData data => $"X'{Convert.ToHexString(data.ToMemory().Span)}'",
        _ => Quote(Convert.ToString(value, CultureInfo.InvariantCulture)!),
    };

    public static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static (string? Type, string? Text) Annotate(string name, object value) => value switch
    {
        int or bool => (null, null),
        string text => (null, text),
        long number => ("Edm.Int64", number.ToString(CultureInfo.InvariantCulture)),
        double number => ("Edm.Double", Special(number)),
        Guid id => ("Edm.Guid", id.ToString()),
        DateTimeOffset moment => ("Edm.DateTime", moment.UtcDateTime.ToString(DateFormat, CultureInfo.InvariantCulture)),
        DateTime moment => ("Edm.DateTime", moment.ToUniversalTime().ToString(DateFormat, CultureInfo.InvariantCulture)),
        byte[] bytes => ("Edm.Binary", Convert.ToBase64String(bytes)),
        BinaryData data => ("Edm.Binary", Convert.ToBase64String(data.ToMemory().Span)),
        _ => throw new NotSupportedException($"The property '{name}' has the type {value.GetType()}, which the Table service cannot store."),
    };

    private static string Special(double value) =>
        double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

    private static double Special(string text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt32(out var number) ? (object)number : value.GetDouble(),
        _ => null,
    };
}
