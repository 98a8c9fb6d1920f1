using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ncn.EndToEnd.Tests.Documents;

/// <summary>Holds JSON to a schema: the part of JSON Schema 2020-12 that the gateway's document uses.</summary>
internal sealed class SchemaCheck(JsonElement document)
{
    private static readonly HashSet<string> Understood =
    [
        "$ref", "type", "enum", "const", "anyOf", "properties", "required", "items", "minItems", "maxItems", "minimum", "maximum", "minLength", "maxLength",
        "pattern", "description", "additionalProperties",
    ];

    /// <summary>All that is wrong with a value, each with its place.</summary>
    public IEnumerable<string> Problems(JsonElement value, JsonElement schema, string at = "$")
    {
        if (schema.EnumerateObject().Select(static word => word.Name).FirstOrDefault(static word => !Understood.Contains(word)) is { } unknown)
        {
            return [$"{at}: the schema says '{unknown}', which this check does not know"];
        }

        if (schema.TryGetProperty("$ref", out var reference))
        {
            return Problems(value, document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]), at);
        }

        return [.. Kinds(value, schema, at), .. Sizes(value, schema, at), .. Members(value, schema, at), .. Items(value, schema, at)];
    }

    private IEnumerable<string> Kinds(JsonElement value, JsonElement schema, string at)
    {
        if (schema.TryGetProperty("type", out var type) && !Names(type).Any(name => IsOf(value, name)))
        {
            yield return $"{at} is {value.ValueKind}, not {type}";
        }

        if (schema.TryGetProperty("const", out var constant) && !JsonElement.DeepEquals(value, constant))
        {
            yield return $"{at} is {value}, not {constant}";
        }

        if (schema.TryGetProperty("enum", out var words) && !words.EnumerateArray().Any(word => JsonElement.DeepEquals(value, word)))
        {
            yield return $"{at} is {value}, which is none of {words}";
        }

        if (schema.TryGetProperty("anyOf", out var ways) && ways.EnumerateArray().All(way => Problems(value, way, at).Any()))
        {
            yield return $"{at} fits none of its forms: {string.Join(" | ", ways.EnumerateArray().SelectMany(way => Problems(value, way, at)))}";
        }
    }

    private static IEnumerable<string> Sizes(JsonElement value, JsonElement schema, string at)
    {
        if (value.ValueKind == JsonValueKind.Number && (IsBeyond("minimum", value.GetDouble(), -1) || IsBeyond("maximum", value.GetDouble(), 1)))
        {
            yield return $"{at} is {value}, beyond its limits";
        }

        if (value.ValueKind == JsonValueKind.String && (IsBeyond("minLength", value.GetString()!.Length, -1) || IsBeyond("maxLength", value.GetString()!.Length, 1)))
        {
            yield return $"{at} has {value.GetString()!.Length} characters, beyond its limits";
        }

        if (value.ValueKind == JsonValueKind.Array && (IsBeyond("minItems", value.GetArrayLength(), -1) || IsBeyond("maxItems", value.GetArrayLength(), 1)))
        {
            yield return $"{at} has {value.GetArrayLength()} items, beyond its limits";
        }

        if (value.ValueKind == JsonValueKind.String && schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(value.GetString()!, pattern.GetString()!))
        {
            yield return $"{at} does not look like {pattern}";
        }

        bool IsBeyond(string word, double size, int side) => schema.TryGetProperty(word, out var limit) && size.CompareTo(limit.GetDouble()) == side;
    }

    private IEnumerable<string> Members(JsonElement value, JsonElement schema, string at)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        var missing = schema.TryGetProperty("required", out var required)
            ? required.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{at} has no {name}") : [];
        var wrong = schema.TryGetProperty("properties", out var properties)
            ? properties.EnumerateObject().Where(member => value.TryGetProperty(member.Name, out _))
                .SelectMany(member => Problems(value.GetProperty(member.Name), member.Value, $"{at}.{member.Name}")) : [];
        return missing.Concat(wrong);
    }

    private IEnumerable<string> Items(JsonElement value, JsonElement schema, string at) =>
        value.ValueKind == JsonValueKind.Array && schema.TryGetProperty("items", out var items)
            ? value.EnumerateArray().SelectMany((item, index) => Problems(item, items, $"{at}[{index}]")) : [];

    private static IEnumerable<string> Names(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().Select(static name => name.GetString()!) : [type.GetString()!];

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && decimal.TryParse(value.GetRawText(), System.Globalization.CultureInfo.InvariantCulture, out var number) && decimal.Truncate(number) == number,
        "number" => value.ValueKind == JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => false,
    };
}
