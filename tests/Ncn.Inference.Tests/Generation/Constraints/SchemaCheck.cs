using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ncn.Inference.Tests.Generation.Constraints;

/// <summary>A plain validator of the keywords that constraints know, written from the JSON Schema specification and not from the automaton.</summary>
internal static class SchemaCheck
{
    public static bool Fits(JsonElement schema, JsonElement value, JsonElement root)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.ValueKind == JsonValueKind.True;
        }

        return schema.EnumerateObject().All(keyword => Fits(keyword.Name, keyword.Value, schema, value, root));
    }

    private static bool Fits(string keyword, JsonElement argument, JsonElement schema, JsonElement value, JsonElement root)
    {
        bool Nested(JsonElement inner, JsonElement part) => Fits(inner, part, root);
        return (keyword, value.ValueKind) switch
        {
            ("$ref", _) => Nested(Follow(root, argument.GetString()!), value),
            ("anyOf", _) => argument.EnumerateArray().Any(option => Nested(option, value)),
            ("oneOf", _) => argument.EnumerateArray().Count(option => Nested(option, value)) == 1,
            ("allOf", _) => argument.EnumerateArray().All(option => Nested(option, value)),
            ("const", _) => JsonElement.DeepEquals(argument, value),
            ("enum", _) => argument.EnumerateArray().Any(option => JsonElement.DeepEquals(option, value)),
            ("type", _) => argument.ValueKind == JsonValueKind.Array
                ? argument.EnumerateArray().Any(type => Is(value, type.GetString()!)) : Is(value, argument.GetString()!),
            ("minLength", JsonValueKind.String) => value.GetString()!.EnumerateRunes().Count() >= argument.GetInt32(),
            ("maxLength", JsonValueKind.String) => value.GetString()!.EnumerateRunes().Count() <= argument.GetInt32(),
            ("pattern", JsonValueKind.String) => Regex.IsMatch(value.GetString()!, argument.GetString()!, RegexOptions.ECMAScript),
            ("minimum", JsonValueKind.Number) => value.GetDouble() >= argument.GetDouble(),
            ("maximum", JsonValueKind.Number) => value.GetDouble() <= argument.GetDouble(),
            ("exclusiveMinimum", JsonValueKind.Number) => value.GetDouble() > argument.GetDouble(),
            ("exclusiveMaximum", JsonValueKind.Number) => value.GetDouble() < argument.GetDouble(),
            ("minItems", JsonValueKind.Array) => value.GetArrayLength() >= argument.GetInt32(),
            ("maxItems", JsonValueKind.Array) => value.GetArrayLength() <= argument.GetInt32(),
            ("prefixItems", JsonValueKind.Array) => value.EnumerateArray().Zip(argument.EnumerateArray()).All(pair => Nested(pair.Second, pair.First)),
            ("items", JsonValueKind.Array) => value.EnumerateArray().Skip(schema.TryGetProperty("prefixItems", out JsonElement first) ? first.GetArrayLength() : 0)
                .All(item => Nested(argument, item)),
            ("required", JsonValueKind.Object) => argument.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
            ("properties", JsonValueKind.Object) => value.EnumerateObject().All(member =>
                !argument.TryGetProperty(member.Name, out JsonElement inner) || Nested(inner, member.Value)),
            ("additionalProperties", JsonValueKind.Object) => value.EnumerateObject().All(member =>
                (schema.TryGetProperty("properties", out JsonElement named) && named.TryGetProperty(member.Name, out _)) || Nested(argument, member.Value)),
            _ => true,
        };
    }

    private static bool Is(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Number => type == "number" || (type == "integer" && value.GetDouble() % 1 == 0),
        JsonValueKind.Null => type == "null",
        _ => type == "boolean",
    };

    private static JsonElement Follow(JsonElement root, string pointer) =>
        pointer.Split('/').Skip(1).Aggregate(root, (at, name) => at.ValueKind == JsonValueKind.Array ? at[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] : at.GetProperty(name));
}
