using System.Text.Json;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi.Tools;

/// <summary>Whether a model may, must or must not call tools.</summary>
public enum ToolChoiceMode
{
    /// <summary>It decides.</summary>
    Auto,

    /// <summary>It does not see them.</summary>
    None,

    /// <summary>It calls one of them.</summary>
    Required,

    /// <summary>It calls one by name.</summary>
    Named,
}

/// <summary>OpenAI's <c>tool_choice</c>.</summary>
/// <param name="Names">The tools that may be called, where not all may; one for <see cref="ToolChoiceMode.Named"/>.</param>
public sealed record ToolChoice(ToolChoiceMode Mode, IReadOnlyList<string>? Names = null)
{
    /// <summary>Reads <c>tool_choice</c> in chat's form and that of responses; auto when it is not there.</summary>
    public static ToolChoice Read(JsonElement root)
    {
        if (!root.TryGetProperty("tool_choice", out var choice) || choice.ValueKind == JsonValueKind.Null)
        {
            return new ToolChoice(ToolChoiceMode.Auto);
        }

        return choice.ValueKind switch
        {
            JsonValueKind.String => new ToolChoice(ModeOf(choice.GetString()!)),
            JsonValueKind.Object => ReadObject(choice),
            _ => throw Bad(),
        };
    }

    private static ToolChoice ReadObject(JsonElement choice) => JsonBody.OptionalString(choice, "type", 64, "tool_choice") switch
    {
        "function" when Name(choice) is { } name => new ToolChoice(ToolChoiceMode.Named, [name]),
        "allowed_tools" => ReadAllowed(choice.TryGetProperty("allowed_tools", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : choice),
        _ => throw Bad(),
    };

    private static ToolChoice ReadAllowed(JsonElement allowed)
    {
        var mode = ModeOf(JsonBody.OptionalString(allowed, "mode", 64, "tool_choice") ?? "auto");
        return allowed.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array
            ? new ToolChoice(mode, [.. tools.EnumerateArray().Select(tool => tool.ValueKind == JsonValueKind.Object && Name(tool) is { } name ? name : throw Bad())])
            : throw Bad();
    }

    private static string? Name(JsonElement holder) =>
        holder.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object
            ? JsonBody.OptionalString(function, "name", 64, "tool_choice.function")
            : JsonBody.OptionalString(holder, "name", 64, "tool_choice");

    private static ToolChoiceMode ModeOf(string name) => name switch
    {
        "auto" => ToolChoiceMode.Auto,
        "none" => ToolChoiceMode.None,
        "required" => ToolChoiceMode.Required,
        _ => throw Bad(),
    };

    private static ApiException Bad() => new(ApiError.BadRequest(
        "invalid_value", "tool_choice must be none, auto, required or name a function: {type: function, function: {name}}.", "tool_choice"));
}
