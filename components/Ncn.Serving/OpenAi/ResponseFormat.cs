using System.Text.Json;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.OpenAi;

/// <summary>The form that an answer is held to.</summary>
public static class ResponseFormat
{
    private const int MaxSchemaCharacters = 64 * 1024;

    /// <summary>The schema of chat's <c>response_format</c>; "{}" for any JSON object, empty for free text.</summary>
    public static string ReadSchema(JsonElement root) => !root.TryGetProperty("response_format", out var format) || format.ValueKind == JsonValueKind.Null
        ? ""
        : ReadSchema(format, format.ValueKind == JsonValueKind.Object && format.TryGetProperty("json_schema", out var named) ? named : default, "response_format");

    /// <summary>The schema of a format whose type and schema stand where they stand.</summary>
    /// <param name="format">The object with the member <c>type</c>.</param>
    /// <param name="named">The object with the member <c>schema</c>: in chat an object within the format, in responses the format itself.</param>
    /// <param name="parameter">The member's name, for the error.</param>
    public static string ReadSchema(JsonElement format, JsonElement named, string parameter)
    {
        var type = format.ValueKind == JsonValueKind.Object && format.TryGetProperty("type", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
        return type switch
        {
            "text" => "",
            "json_object" => "{}",
            "json_schema" when named.ValueKind == JsonValueKind.Object && named.TryGetProperty("schema", out var schema) && schema.ValueKind == JsonValueKind.Object =>
                Checked(schema.GetRawText(), parameter),
            "json_schema" => throw Bad($"{parameter} of type json_schema needs a schema, which is an object.", parameter),
            _ => throw Bad($"{parameter}.type must be text, json_object or json_schema.", parameter),
        };
    }

    private static string Checked(string schema, string parameter) => schema.Length <= MaxSchemaCharacters
        ? schema
        : throw Bad($"The schema in {parameter} may have at most {MaxSchemaCharacters} characters.", parameter);

    private static ApiException Bad(string message, string parameter) => new(ApiError.BadRequest("invalid_value", message, parameter));
}
