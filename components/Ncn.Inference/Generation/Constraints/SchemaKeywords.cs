using System.Text.Json;

namespace Ncn.Inference.Generation.Constraints;

/// <summary>One schema object, whose every keyword is known and in its place.</summary>
/// <param name="Element">The object.</param>
/// <param name="Path">Its JSON pointer within the whole schema, from "#".</param>
internal readonly record struct SchemaKeywords(JsonElement Element, string Path)
{
    private static readonly HashSet<string> Annotations = new(StringComparer.Ordinal)
    {
        "title", "description", "default", "examples", "example", "$schema", "$id", "$comment", "$defs", "definitions",
        "deprecated", "readOnly", "writeOnly", "format", "contentEncoding", "contentMediaType",
    };

    private static readonly Dictionary<string, string[]> OfType = new(StringComparer.Ordinal)
    {
        ["object"] = ["properties", "required", "additionalProperties"],
        ["array"] = ["items", "prefixItems", "minItems", "maxItems"],
        ["string"] = ["minLength", "maxLength", "pattern"],
        ["number"] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
        ["integer"] = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
        ["boolean"] = [],
        ["null"] = [],
    };

    private static readonly string[] Alone = ["$ref", "anyOf", "oneOf", "allOf"];

    private static readonly HashSet<string> Known =
        [.. Annotations, .. OfType.Values.SelectMany(static keywords => keywords), .. Alone, "type", "enum", "const"];

    /// <summary>The keyword that says what the schema is, if it stands alone: $ref, anyOf, oneOf, allOf, enum or const; else null.</summary>
    public string? Leading()
    {
        CheckKnown();
        SchemaKeywords self = this;
        string? leading = Alone.FirstOrDefault(self.Has) ?? (Has("enum") ? "enum" : Has("const") ? "const" : null);
        if (leading is null)
        {
            return null;
        }

        string[] beside = [.. Element.EnumerateObject().Select(member => member.Name)
            .Where(name => name != leading && !Annotations.Contains(name) && !(name == "type" && leading is "enum" or "const"))];
        return beside.Length == 0 ? leading : throw Refused($"'{beside[0]}' cannot stand beside '{leading}'");
    }

    /// <summary>The types that the schema allows; null when it does not narrow them.</summary>
    public IReadOnlyList<string>? Types()
    {
        if (!Element.TryGetProperty("type", out JsonElement type))
        {
            return null;
        }

        string?[] names = type.ValueKind switch
        {
            JsonValueKind.String => [type.GetString()],
            JsonValueKind.Array => [.. type.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString() : null)],
            _ => [null],
        };
        return names.Length > 0 && names.All(name => name is not null && OfType.ContainsKey(name))
            ? [.. names.Distinct().Select(name => name!)]
            : throw Refused("'type' must be object, array, string, number, integer, boolean or null, or a list of them");
    }

    /// <summary>The types that the other keywords speak about: they are meant when 'type' is missing.</summary>
    public IReadOnlyList<string> ImpliedTypes()
    {
        SchemaKeywords self = this;
        return [.. OfType.Where(pair => pair.Key != "integer" && pair.Value.Any(self.Has)).Select(pair => pair.Key)];
    }

    /// <summary>Refuses keywords of types that the schema does not allow: they would be forgotten.</summary>
    public void CheckTypes(IReadOnlyList<string> types)
    {
        foreach (string name in Element.EnumerateObject().Select(member => member.Name))
        {
            if (OfType.Values.Any(keywords => keywords.Contains(name)) && !types.Any(type => OfType[type].Contains(name)))
            {
                throw Refused($"'{name}' does not belong to the type {string.Join(", ", types)}");
            }
        }
    }

    public bool Has(string keyword) => Element.TryGetProperty(keyword, out _);

    /// <summary>A whole number that bounds a length or a count.</summary>
    public int Count(string keyword, int missing)
    {
        if (!Element.TryGetProperty(keyword, out JsonElement value))
        {
            return missing;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count is >= 0 and <= SchemaLimits.MaxCount
            ? count
            : throw Refused($"'{keyword}' must be an integer from 0 to {SchemaLimits.MaxCount}");
    }

    /// <summary>A bound of numbers.</summary>
    public decimal? Bound(string keyword)
    {
        if (!Element.TryGetProperty(keyword, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number)
        {
            throw Refused($"'{keyword}' must be a number");
        }

        double rounded = value.GetDouble();
        if (Math.Abs(rounded) >= (double)SchemaLimits.LargestBound)
        {
            return Math.Sign(rounded) * SchemaLimits.LargestBound;
        }

        return value.TryGetDecimal(out decimal exact) && Math.Abs((double)exact - rounded) <= Math.Abs(rounded) * 1e-12
            ? exact
            : throw Refused($"'{keyword}' has more digits than are kept apart here");
    }

    public SchemaKeywords Child(string keyword) => new(Element.GetProperty(keyword), $"{Path}/{keyword}");

    public InferenceException Refused(string why) => InferenceException.Invalid($"json_schema at {Path}: {why}.");

    private void CheckKnown()
    {
        foreach (JsonProperty member in Element.EnumerateObject())
        {
            if (!Known.Contains(member.Name))
            {
                throw Refused($"the keyword '{member.Name}' is not supported");
            }
        }
    }
}

/// <summary>How large a schema may be.</summary>
internal static class SchemaLimits
{
    /// <summary>UTF-8 bytes of a schema.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Levels of JSON within a schema.</summary>
    public const int MaxDepth = 64;

    /// <summary>Compiled nodes of a schema, and alternatives in all of them together.</summary>
    public const int MaxNodes = 8192;

    /// <summary>Largest minLength, maxLength, minItems or maxItems.</summary>
    public const int MaxCount = 1_000_000;

    /// <summary>Bounds of numbers beyond this bound nothing, since numbers have 18 digits at most.</summary>
    public const decimal LargestBound = 1_000_000_000_000_000_000m;
}
