using System.Text;
using System.Text.Json;

namespace Ncn.Inference.Generation.Constraints;

/// <summary>
/// Compiles a bounded subset of JSON Schema 2020-12. A keyword outside of it is refused by name, never ignored; formats and other
/// annotations say nothing about what is valid. Where 'type' is missing, the type that the other keywords speak about is meant.
/// </summary>
internal sealed class SchemaReader
{
    private static readonly string[] TrueFalse = ["true", "false"];

    private readonly List<SchemaNode?> _nodes = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private readonly List<(SchemaKeywords Schema, IReadOnlyList<int> Options)> _exclusive = [];
    private readonly JsonElement _root;
    private int _any = -1;

    private SchemaReader(JsonElement root) => _root = root;

    /// <summary>The automaton of a schema's documents; "{}" stands for any JSON object.</summary>
    /// <exception cref="InferenceException">The schema is too large, is no JSON, or says what is not supported; the message says what and where.</exception>
    public static JsonAutomaton Compile(string schema)
    {
        if (Encoding.UTF8.GetByteCount(schema) > SchemaLimits.MaxBytes)
        {
            throw InferenceException.Invalid($"json_schema is longer than {SchemaLimits.MaxBytes} bytes.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(schema, new JsonDocumentOptions { MaxDepth = SchemaLimits.MaxDepth });
            return new SchemaReader(document.RootElement).Compile();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair, which cannot be read as text.
            throw new InferenceException(InferenceFault.InvalidRequest, $"json_schema is no JSON of at most {SchemaLimits.MaxDepth} levels.", exception);
        }
    }

    private JsonAutomaton Compile()
    {
        bool anyObject = _root.ValueKind == JsonValueKind.Object && !_root.EnumerateObject().Any();
        int root = anyObject ? Add(new SchemaNode.Object([], Any())) : Read(new SchemaKeywords(_root, "#"));
        IReadOnlyList<SchemaNode> nodes = SchemaGraph.WithFlatAlternatives([.. _nodes.Select(node => node!)]);
        foreach ((SchemaKeywords schema, IReadOnlyList<int> options) in _exclusive)
        {
            SchemaGraph.CheckExclusive(nodes, schema, options);
        }

        IReadOnlyList<int> levels = SchemaGraph.Levels(nodes);
        return levels[root] <= JsonAutomaton.MaxDepth
            ? new JsonAutomaton(nodes, levels, root)
            : throw InferenceException.Invalid($"json_schema allows no document of at most {JsonAutomaton.MaxDepth} levels.");
    }

    /// <summary>The node of the schema at a place; each place is compiled once, so a schema may refer to itself.</summary>
    private int Read(SchemaKeywords schema)
    {
        if (_places.TryGetValue(schema.Path, out int known))
        {
            return known;
        }

        int node = Add(null);
        _places.Add(schema.Path, node);
        _nodes[node] = schema.Element.ValueKind switch
        {
            JsonValueKind.True => new SchemaNode.AnyOf([Any()]),
            JsonValueKind.False => new SchemaNode.AnyOf([]),
            JsonValueKind.Object => ReadObject(schema),
            _ => throw schema.Refused("a schema must be an object, true or false"),
        };
        return node;
    }

    private SchemaNode ReadObject(SchemaKeywords schema) => schema.Leading() switch
    {
        "$ref" => new SchemaNode.AnyOf([Read(Target(schema))]),
        "anyOf" => new SchemaNode.AnyOf(Options(schema, "anyOf")),
        "oneOf" => ReadOneOf(schema),
        "allOf" => Options(schema, "allOf") is [var only]
            ? new SchemaNode.AnyOf([only])
            : throw schema.Refused("the keyword 'allOf' is supported with one entry only"),
        "enum" => ReadValues(schema, schema.Child("enum").Element),
        "const" => ReadValues(schema, schema.Child("const").Element),
        _ => ReadTyped(schema),
    };

    private SchemaNode.AnyOf ReadOneOf(SchemaKeywords schema)
    {
        IReadOnlyList<int> options = Options(schema, "oneOf");
        _exclusive.Add((schema, options));
        return new SchemaNode.AnyOf(options);
    }

    private IReadOnlyList<int> Options(SchemaKeywords schema, string keyword)
    {
        SchemaKeywords list = schema.Child(keyword);
        return list.Element.ValueKind == JsonValueKind.Array && list.Element.GetArrayLength() > 0
            ? [.. list.Element.EnumerateArray().Select((option, index) => Read(new SchemaKeywords(option, $"{list.Path}/{index}")))]
            : throw schema.Refused($"'{keyword}' must be a list of schemas");
    }

    private static SchemaNode.Literals ReadValues(SchemaKeywords schema, JsonElement values)
    {
        bool isEnum = schema.Has("enum");
        if (isEnum && values.ValueKind != JsonValueKind.Array)
        {
            throw schema.Refused("'enum' must be a list of values");
        }

        IReadOnlyList<string>? types = schema.Types();
        IEnumerable<JsonElement> all = isEnum ? values.EnumerateArray() : [values];
        JsonElement[] allowed = [.. all.Where(value => types is null || types.Any(type => IsOf(value, type)))];
        return allowed.Length > 0
            ? new SchemaNode.Literals([.. allowed.Select(JsonSpelling.Of)])
            : throw schema.Refused("no value is allowed");
    }

    private SchemaNode ReadTyped(SchemaKeywords schema)
    {
        IReadOnlyList<string>? types = schema.Types() ?? schema.ImpliedTypes();
        if (types.Count == 0)
        {
            return new SchemaNode.AnyOf([Any()]);
        }

        if (!schema.Has("type") && types.Count > 1)
        {
            throw schema.Refused($"'type' is missing, and the keywords speak about {string.Join(" and ", types)}");
        }

        schema.CheckTypes(types);
        if (types.Count == 1)
        {
            return ReadType(schema, types[0]).Narrowed(!schema.Has("type"));
        }

        return new SchemaNode.AnyOf([.. types.Where(type => type != "integer" || !types.Contains("number")).Select(type => Add(ReadType(schema, type)))]);
    }

    private SchemaNode ReadType(SchemaKeywords schema, string type) => type switch
    {
        "object" => ReadShape(schema),
        "array" => ReadArray(schema),
        "string" => ReadText(schema),
        "number" => ReadNumber(schema, integer: false),
        "integer" => ReadNumber(schema, integer: true),
        "boolean" => Spelled(TrueFalse),
        _ => Spelled(["null"]),
    };

    private SchemaNode.Object ReadShape(SchemaKeywords schema)
    {
        HashSet<string> required = Required(schema);
        int? others = schema.Has("additionalProperties") ? ReadOthers(schema.Child("additionalProperties")) : Any();
        var properties = new List<SchemaNode.Property>();
        if (schema.Has("properties"))
        {
            SchemaKeywords members = schema.Child("properties");
            if (members.Element.ValueKind != JsonValueKind.Object)
            {
                throw schema.Refused("'properties' must be an object");
            }

            foreach (JsonProperty member in members.Element.EnumerateObject())
            {
                string name = member.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
                int node = Read(new SchemaKeywords(member.Value, $"{members.Path}/{name}"));
                properties.Add(new SchemaNode.Property(member.Name, node, required.Remove(member.Name)));
            }
        }

        if (required.Count > 0 && others is null)
        {
            throw schema.Refused($"'required' names '{required.First()}', which is no property");
        }

        properties.AddRange(required.Order(StringComparer.Ordinal).Select(name => new SchemaNode.Property(name, others!.Value, true)));
        return properties.DistinctBy(property => property.Name).Count() == properties.Count
            ? new SchemaNode.Object(properties, others)
            : throw schema.Refused("'properties' names a property twice");
    }

    private int? ReadOthers(SchemaKeywords schema) => schema.Element.ValueKind == JsonValueKind.False ? null : Read(schema);

    private static HashSet<string> Required(SchemaKeywords schema)
    {
        if (!schema.Has("required"))
        {
            return [];
        }

        JsonElement required = schema.Child("required").Element;
        return required.ValueKind == JsonValueKind.Array && required.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String)
            ? [.. required.EnumerateArray().Select(name => name.GetString()!)]
            : throw schema.Refused("'required' must be a list of names");
    }

    private SchemaNode.Array ReadArray(SchemaKeywords schema)
    {
        IReadOnlyList<int> first = schema.Has("prefixItems") ? Options(schema, "prefixItems") : [];
        bool closed = schema.Has("items") && schema.Child("items").Element.ValueKind == JsonValueKind.False;
        int others = closed ? -1 : schema.Has("items") ? Read(schema.Child("items")) : Any();
        int least = schema.Count("minItems", 0);
        int most = Math.Min(schema.Count("maxItems", int.MaxValue), closed ? first.Count : int.MaxValue);
        return least <= most ? new SchemaNode.Array(first, others, least, most) : throw schema.Refused("'minItems' asks for more items than there may be");
    }

    private static SchemaNode ReadText(SchemaKeywords schema)
    {
        int least = schema.Count("minLength", 0);
        int most = schema.Count("maxLength", int.MaxValue);
        if (least > most)
        {
            throw schema.Refused("'minLength' is above 'maxLength'");
        }

        if (!schema.Has("pattern"))
        {
            return new SchemaNode.Text(least, most);
        }

        SchemaKeywords pattern = schema.Child("pattern");
        if (pattern.Element.ValueKind != JsonValueKind.String || schema.Has("minLength") || schema.Has("maxLength"))
        {
            throw schema.Refused("'pattern' must be a text, without 'minLength' and 'maxLength' beside it (a pattern can say {n,m})");
        }

        try
        {
            return new SchemaNode.Pattern(PatternCompiler.Compile(pattern.Element.GetString()!));
        }
        catch (FormatException exception)
        {
            throw schema.Refused($"the 'pattern' cannot be used: {exception.Message}");
        }
    }

    private static SchemaNode.Number ReadNumber(SchemaKeywords schema, bool integer)
    {
        (decimal? least, bool above) = Tighter(schema.Bound("minimum"), schema.Bound("exclusiveMinimum"), sign: 1);
        (decimal? most, bool below) = Tighter(schema.Bound("maximum"), schema.Bound("exclusiveMaximum"), sign: -1);
        var range = NumberRange.Of(integer, least, above, most, below);
        return NumberSteps.AnyIn(range) ? new SchemaNode.Number(range) : throw schema.Refused("no number lies between the bounds");
    }

    private static (decimal? Bound, bool Open) Tighter(decimal? closed, decimal? open, int sign) =>
        open is { } bound && (closed is not { } other || sign * bound >= sign * other) ? (bound, true) : (closed, false);

    /// <summary>The schema that a local reference names.</summary>
    private SchemaKeywords Target(SchemaKeywords schema)
    {
        JsonElement reference = schema.Child("$ref").Element;
        string pointer = reference.ValueKind == JsonValueKind.String ? reference.GetString()! : "";
        if (pointer != "#" && !pointer.StartsWith("#/", StringComparison.Ordinal))
        {
            throw schema.Refused("'$ref' must be a JSON pointer within this schema, such as #/$defs/name");
        }

        JsonElement target = _root;
        foreach (string part in pointer.Split('/').Skip(1))
        {
            string name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            bool found = target.ValueKind == JsonValueKind.Array
                ? int.TryParse(name, out int index) && index >= 0 && index < target.GetArrayLength() && (target = target[index]).ValueKind != JsonValueKind.Undefined
                : target.ValueKind == JsonValueKind.Object && target.TryGetProperty(name, out target);
            if (!found)
            {
                throw schema.Refused($"'$ref' names {pointer}, which is not there");
            }
        }

        return new SchemaKeywords(target, pointer);
    }

    /// <summary>Any JSON value.</summary>
    private int Any()
    {
        if (_any < 0)
        {
            _any = Add(null);
            int text = Add(new SchemaNode.Text(0, int.MaxValue));
            int number = Add(new SchemaNode.Number(NumberRange.Of(integer: false, null, false, null, false)));
            int word = Add(Spelled([.. TrueFalse, "null"]));
            int shape = Add(new SchemaNode.Object([], _any));
            int list = Add(new SchemaNode.Array([], _any, 0, int.MaxValue));
            _nodes[_any] = new SchemaNode.AnyOf([text, number, word, shape, list]);
        }

        return _any;
    }

    private int Add(SchemaNode? node)
    {
        if (_nodes.Count == SchemaLimits.MaxNodes)
        {
            throw InferenceException.Invalid($"json_schema has more than {SchemaLimits.MaxNodes} parts.");
        }

        _nodes.Add(node);
        return _nodes.Count - 1;
    }

    private static SchemaNode.Literals Spelled(IEnumerable<string> words) =>
        new([.. words.Select(Encoding.ASCII.GetBytes)]);

    private static bool IsOf(JsonElement value, string type) => value.ValueKind switch
    {
        JsonValueKind.Object => type == "object",
        JsonValueKind.Array => type == "array",
        JsonValueKind.String => type == "string",
        JsonValueKind.Number => type == "number" || (type == "integer" && value.TryGetDecimal(out decimal number) && decimal.IsInteger(number)),
        JsonValueKind.Null => type == "null",
        _ => type == "boolean",
    };
}
