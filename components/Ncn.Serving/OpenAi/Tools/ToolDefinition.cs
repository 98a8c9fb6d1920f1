using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi.Tools;

/// <summary>A function that a model may call.</summary>
/// <param name="Parameters">JSON schema of its arguments; null when it takes none.</param>
public sealed record ToolDefinition(string Name, string? Description, string? Parameters)
{
    private const int MaxParameterCharacters = 64 * 1024;

    /// <summary>Reads an entry of <c>tools</c> in chat's form, <c>{type, function: {name, description, parameters, strict}}</c>.</summary>
    /// <param name="at">Where it stands, for the error.</param>
    public static ToolDefinition Read(JsonElement tool, string at)
    {
        RequireFunction(tool, at);
        return tool.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object
            ? ReadFunction(function, at + ".function")
            : throw Bad("missing_required_parameter", $"{at}.function must be an object with a name.", at + ".function");
    }

    /// <summary>Reads the object that names, describes and types a function: the inner one of chat's form, the whole entry of the form of responses.</summary>
    public static ToolDefinition ReadFunction(JsonElement function, string at)
    {
        var name = JsonBody.OptionalString(function, "name", 64, at);
        if (name is not { Length: > 0 } || !name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
        {
            throw Bad("invalid_value", $"{at}.name must have 1 to 64 letters, digits, underscores or dashes.", at + ".name");
        }

        JsonBody.Boolean(function, "strict");
        return new ToolDefinition(name, JsonBody.OptionalString(function, "description", 8192, at), ReadParameters(function, at));
    }

    /// <summary>Refuses a tool of another type than function.</summary>
    public static void RequireFunction(JsonElement tool, string at)
    {
        if (tool.ValueKind != JsonValueKind.Object || !tool.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || !type.ValueEquals("function"u8))
        {
            throw Bad("unsupported_value", $"{at}.type must be function: the network runs no tools of its own.", at + ".type");
        }
    }

    /// <summary>The form that chat templates read.</summary>
    internal static string ToJson(IReadOnlyList<ToolDefinition> tools)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartArray();
            foreach (var tool in tools)
            {
                tool.WriteTo(writer);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "function");
        writer.WriteStartObject("function");
        writer.WriteString("name", Name);
        writer.WriteString("description", Description ?? "");
        writer.WritePropertyName("parameters");
        writer.WriteRawValue(Parameters ?? ToolSchema.NoArguments);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string? ReadParameters(JsonElement function, string at)
    {
        if (!function.TryGetProperty("parameters", out var parameters) || parameters.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var isSchema = parameters.ValueKind == JsonValueKind.Object && parameters.GetRawText().Length <= MaxParameterCharacters;
        return !isSchema ? throw Bad("invalid_value", $"{at}.parameters must be a JSON schema of at most {MaxParameterCharacters} characters.", at + ".parameters")
            : parameters.EnumerateObject().Any() ? parameters.GetRawText() : null;
    }

    private static ApiException Bad(string code, string message, string parameter) => new(ApiError.BadRequest(code, message, parameter));
}
