using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ncn.Serving.OpenAi.Tools;

/// <summary>JSON schemas of tool calls: a node holds an answer to them, so that a forced call is one whatever the model is.</summary>
/// <remarks>A call is <c>{"name": …, "arguments": {…}}</c>. References in a tool's own schema are moved along to where it stands now.</remarks>
internal static class ToolSchema
{
    public const string NoArguments = """{"type":"object","properties":{},"additionalProperties":false}""";
    private const int MaxCalls = 8;

    /// <summary>The arguments of one tool.</summary>
    public static string Arguments(ToolDefinition tool) => tool.Parameters is { } parameters
        ? Moved(parameters, "#").ToJsonString()
        : NoArguments;

    /// <summary>A call of one of the tools, or an array of calls.</summary>
    public static string Calls(IReadOnlyList<ToolDefinition> tools, bool several) => (several
        ? new JsonObject { ["type"] = "array", ["minItems"] = 1, ["maxItems"] = MaxCalls, ["items"] = AnyCall(tools, "#/items") }
        : AnyCall(tools, "#")).ToJsonString();

    /// <summary>A call of one of the tools, or what the other schema says.</summary>
    public static string CallOr(IReadOnlyList<ToolDefinition> tools, string other) => new JsonObject
    {
        ["anyOf"] = new JsonArray(AnyCall(tools, "#/anyOf/0"), other == "{}" ? new JsonObject { ["type"] = "object" } : Moved(other, "#/anyOf/1")),
    }.ToJsonString();

    private static JsonObject AnyCall(IReadOnlyList<ToolDefinition> tools, string at) => new()
    {
        ["anyOf"] = new JsonArray([.. tools.Select((tool, index) => (JsonNode)Call(tool, $"{at}/anyOf/{index}"))]),
    };

    private static JsonObject Call(ToolDefinition tool, string at) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["name"] = new JsonObject { ["const"] = tool.Name },
            ["arguments"] = Moved(tool.Parameters ?? NoArguments, $"{at}/properties/arguments"),
        },
        ["required"] = new JsonArray("name", "arguments"),
        ["additionalProperties"] = false,
    };

    // A schema of arguments that does not say so is one of an object: a call has nothing else.
    private static JsonObject Moved(string schema, string to)
    {
        var moved = JsonNode.Parse(schema)!.AsObject();
        MoveReferences(moved, to);
        return moved;
    }

    private static void MoveReferences(JsonNode? node, string to)
    {
        switch (node)
        {
            case JsonArray items:
                foreach (var item in items)
                {
                    MoveReferences(item, to);
                }

                break;
            case JsonObject schema:
                if (schema["$ref"] is JsonValue reference && reference.GetValueKind() == JsonValueKind.String && reference.GetValue<string>() is ['#', .. var pointer])
                {
                    schema["$ref"] = to + pointer;
                }

                foreach (var (_, member) in schema.ToArray())
                {
                    MoveReferences(member, to);
                }

                break;
        }
    }
}
