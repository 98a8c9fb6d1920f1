using System.Text.Json;
using System.Text.Unicode;

namespace Ncn.Serving.Hosting;

/// <summary>Reads members of a JSON body; every refusal names the member and what it must be.</summary>
internal static class JsonBody
{
    private const int MaxDepth = 32;

    /// <summary>An object whose strings and names are all valid text, so that reading them cannot fail any more.</summary>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        RefuseBrokenText(body.Span);
        try
        {
            var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new ApiException(ApiError.BadRequest("invalid_json", "The body must be a JSON object."));
        }
        catch (JsonException malformed)
        {
            throw new ApiException(ApiError.BadRequest(
                "invalid_json",
                $"The body is not valid JSON (line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}); send a JSON object of at most {MaxDepth} levels."));
        }
    }

    // JSON's grammar lets bytes that are no UTF-8 and halves of surrogate pairs pass; they are found only when a string is read.
    private static void RefuseBrokenText(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            throw new ApiException(ApiError.BadRequest("invalid_json", "The body is not valid UTF-8; send JSON in UTF-8."));
        }

        if ((body.IndexOf("\\ud"u8) >= 0 || body.IndexOf("\\uD"u8) >= 0) && HasLoneSurrogate(body))
        {
            throw new ApiException(ApiError.BadRequest("invalid_json", "The body has an escaped half of a surrogate pair, which is no character; send whole characters."));
        }
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }

            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
        catch (JsonException)
        {
            // The parser says where.
            return false;
        }
    }

    public static string RequiredString(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= 256 } text
            ? text
            : throw new ApiException(ApiError.BadRequest("missing_required_parameter", $"{name} must be a string of 1 to 256 characters.", name));

    /// <summary>A string of at most so many characters; null when it is not there.</summary>
    /// <param name="at">Where the parent stands, for the error; empty for the body itself.</param>
    public static string? OptionalString(JsonElement parent, string name, int maximum, string at = "")
    {
        var path = at.Length == 0 ? name : $"{at}.{name}";
        return Member(parent, name) is not { } value ? null
            : value.ValueKind == JsonValueKind.String && value.GetString() is { } text && text.Length <= maximum ? text
            : throw new ApiException(ApiError.BadRequest("invalid_type", $"{path} must be a string of at most {maximum} characters.", path));
    }

    public static bool Boolean(JsonElement parent, string name) => Member(parent, name) is { } value
        && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new ApiException(ApiError.BadRequest("invalid_type", $"{name} must be true or false.", name)),
        };

    public static long Integer(JsonElement parent, string name, long minimum, long maximum, long fallback) =>
        Member(parent, name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= minimum && number <= maximum ? number
        : throw new ApiException(ApiError.BadRequest("invalid_value", $"{name} must be a whole number from {minimum} to {maximum}.", name));

    public static double Number(JsonElement parent, string name, double minimum, double maximum, double fallback) =>
        Member(parent, name) is not { } value ? fallback
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= minimum && number <= maximum ? number
        : throw new ApiException(ApiError.BadRequest("invalid_value", $"{name} must be a number from {minimum} to {maximum}.", name));

    private static JsonElement? Member(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
