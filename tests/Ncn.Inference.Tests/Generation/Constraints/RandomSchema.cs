using System.Text.Json.Nodes;

namespace Ncn.Inference.Tests.Generation.Constraints;

/// <summary>Schemas from a seed, over all keywords that are supported; some allow no document.</summary>
internal sealed class RandomSchema(int seed)
{
    private static readonly string[] Names = ["a", "ab", "name", "kind", "q\"uote", "é", "back\\slash", "tab\t", ""];
    private readonly Random _random = new(seed);

    public string Next()
    {
        JsonObject root = Schema(3);
        root["$defs"] = new JsonObject { ["one"] = Schema(1), ["tree"] = Tree() };
        return root.ToJsonString();
    }

    private static JsonNode Tree() => JsonNode.Parse(
        """{"type":"object","properties":{"value":{"type":"integer","minimum":-3,"maximum":40},"left":{"anyOf":[{"$ref":"#/$defs/tree"},{"type":"null"}]}},"required":["value","left"],"additionalProperties":false}""")!;

    private JsonObject Schema(int depth) => _random.Next(depth > 0 ? 14 : 8) switch
    {
        0 => new JsonObject { ["type"] = _random.Next(2) == 0 ? "boolean" : "null" },
        1 or 2 => Text(),
        3 or 4 => Number(),
        5 => new JsonObject { ["enum"] = JsonNode.Parse("""["red","green","gr\"een",1,12,-1.5,null,{"a":[1,{}]},[true]]""") },
        6 => new JsonObject { ["const"] = JsonNode.Parse(_random.Next(2) == 0 ? "\"x\\ny\\u0001\"" : "[1,2,{\"k\":null}]") },
        7 => new JsonObject { ["$ref"] = _random.Next(2) == 0 ? "#/$defs/one" : "#/$defs/tree" },
        8 or 9 => List(depth - 1),
        10 => new JsonObject { ["anyOf"] = new JsonArray([.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Schema(depth - 1))]) },
        11 => new JsonObject { ["type"] = new JsonArray("string", "integer", "null"), ["maxLength"] = 4, ["minimum"] = 0 },
        _ => Shape(depth - 1),
    };

    private JsonObject Text()
    {
        var text = new JsonObject { ["type"] = "string" };
        int least = _random.Next(4);
        if (_random.Next(2) == 0)
        {
            text["minLength"] = least;
        }

        if (_random.Next(2) == 0)
        {
            text["maxLength"] = least + _random.Next(5);
        }

        return text;
    }

    private JsonObject Number()
    {
        bool integer = _random.Next(2) == 0;
        var number = new JsonObject { ["type"] = integer ? "integer" : "number" };
        decimal low = _random.Next(-1200, 1200) / (integer ? 1m : 16m);
        if (_random.Next(3) > 0)
        {
            number[_random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = low;
        }

        if (_random.Next(3) > 0)
        {
            number[_random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = low + (_random.Next(1, 300) / (integer ? 1m : 7m));
        }

        return number;
    }

    private JsonObject List(int depth)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = _random.Next(5) == 0 ? JsonValue.Create(false) : Schema(depth) };
        int least = _random.Next(3);
        if (_random.Next(2) == 0)
        {
            list["prefixItems"] = new JsonArray(Schema(depth), Schema(depth));
        }

        if (_random.Next(2) == 0)
        {
            list["minItems"] = least;
        }

        if (_random.Next(2) == 0)
        {
            list["maxItems"] = least + _random.Next(3);
        }

        return list;
    }

    private JsonObject Shape(int depth)
    {
        var members = new JsonObject();
        var required = new JsonArray();
        foreach (string name in Names.Where(_ => _random.Next(3) == 0))
        {
            members[name] = Schema(depth);
            if (_random.Next(2) == 0)
            {
                required.Add((JsonNode)name);
            }
        }

        var shape = new JsonObject { ["type"] = "object", ["properties"] = members, ["required"] = required };
        if (_random.Next(3) > 0)
        {
            shape["additionalProperties"] = _random.Next(3) == 0 ? Schema(depth) : JsonValue.Create(false);
        }

        return shape;
    }
}
