using System.Text;
using System.Text.Json;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi.Tools;

/// <summary>The tools of a request, and how the model may use them.</summary>
/// <param name="IsParallel">Whether several may be called in one answer; null when the client does not say.</param>
public sealed record ToolSet(IReadOnlyList<ToolDefinition> Tools, ToolChoice Choice, bool? IsParallel)
{
    private const int MaxTools = 128;

    // What templates say around the tools: how to call them, with an example.
    private const int TemplateBytes = 2048;

    /// <summary>No tools.</summary>
    public static ToolSet Empty { get; } = new([], new ToolChoice(ToolChoiceMode.None), null);

    /// <summary>True when the model sees tools and its answer may call them.</summary>
    public bool AreOffered => Tools.Count > 0 && Choice.Mode != ToolChoiceMode.None;

    /// <summary>True when the answer is a call and nothing else.</summary>
    public bool IsForced => Choice.Mode is ToolChoiceMode.Required or ToolChoiceMode.Named;

    /// <summary>JSON array for the model's template; empty for none.</summary>
    public string Json { get; } = Choice.Mode == ToolChoiceMode.None || Tools.Count == 0 ? "" : ToolDefinition.ToJson(Tools);

    /// <summary>The form that the answer is held to: calls when they are forced; else the client's own schema, which a call may stand in for.</summary>
    /// <param name="schema">The schema of the client's response format; empty for free text.</param>
    public string SchemaOver(string schema) =>
        !AreOffered ? schema
        : Choice.Mode == ToolChoiceMode.Named ? ToolSchema.Arguments(Tools.Single(tool => tool.Name == Choice.Names![0]))
        : IsForced ? ToolSchema.Calls(Tools, IsParallel == true)
        : schema.Length > 0 ? ToolSchema.CallOr(Tools, schema) : "";

    /// <summary>More tokens than the tools can add to a prompt: templates may write them out with white space.</summary>
    public uint TokenBound => Json.Length == 0 ? 0 : (uint)((3 * Encoding.UTF8.GetByteCount(Json)) + TemplateBytes);

    /// <summary>Finds the calls in one answer of the model.</summary>
    public ToolCallReader NewReader() => new(this);

    /// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c> in chat's form.</summary>
    public static ToolSet Parse(JsonElement root) => Parse(root, ToolDefinition.Read);

    /// <summary>Reads the same members with another form of the entries of <c>tools</c>.</summary>
    public static ToolSet Parse(JsonElement root, Func<JsonElement, string, ToolDefinition> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var choice = ToolChoice.Read(root);
        bool? parallel = root.TryGetProperty("parallel_tool_calls", out var several) && several.ValueKind != JsonValueKind.Null
            ? JsonBody.Boolean(root, "parallel_tool_calls") : null;
        if (!root.TryGetProperty("tools", out var tools) || tools.ValueKind == JsonValueKind.Null)
        {
            return choice.Mode is ToolChoiceMode.Required or ToolChoiceMode.Named
                ? throw Bad("invalid_value", "tool_choice asks for a call, and there are no tools; send tools.", "tool_choice") : Empty;
        }

        if (tools.ValueKind != JsonValueKind.Array || tools.GetArrayLength() > MaxTools)
        {
            throw Bad("invalid_type", $"tools must be an array of at most {MaxTools} tools.", "tools");
        }

        return Of([.. tools.EnumerateArray().Select((tool, index) => read(tool, $"tools[{index}]"))], choice, parallel);
    }

    private static ToolSet Of(IReadOnlyList<ToolDefinition> all, ToolChoice choice, bool? parallel)
    {
        if (all.DistinctBy(static tool => tool.Name).Count() < all.Count)
        {
            throw Bad("invalid_value", "tools has a name twice.", "tools");
        }

        var tools = choice.Names is { } names ? [.. all.Where(tool => names.Contains(tool.Name))] : all;
        return choice.Names is not null && tools.Count < choice.Names.Distinct().Count()
            ? throw Bad("invalid_value", "tool_choice names a function that tools does not have.", "tool_choice")
            : tools.Count == 0 && choice.Mode is ToolChoiceMode.Required or ToolChoiceMode.Named
            ? throw Bad("invalid_value", "tool_choice asks for a call, and there are no tools; send tools.", "tool_choice")
            : new ToolSet(tools, choice, parallel);
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
