using System.Text.Json;

namespace Ncn.OpenInference.Json;

/// <summary>Steps through JSON, and says in words what is missing. Every step checks the token's kind before it reads the value.</summary>
internal static class JsonCursor
{
    public static void Begin(ref Utf8JsonReader json)
    {
        json.Read();
        MustBeObject(ref json, "The body must be a JSON object.");
    }

    /// <summary>Nothing may follow the object; the reader itself complains when something does.</summary>
    public static void End(ref Utf8JsonReader json) => json.Read();

    /// <summary>Goes to the next member's name; false at the object's end.</summary>
    public static bool NextMember(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    /// <summary>Goes to the next element; false at the array's end.</summary>
    public static bool NextElement(ref Utf8JsonReader json) => json.Read() && json.TokenType != JsonTokenType.EndArray;

    /// <summary>From a member's name over its value.</summary>
    public static void SkipValue(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    public static bool IsNull(ref Utf8JsonReader json) => json.TokenType == JsonTokenType.Null;

    public static void MustBeObject(ref Utf8JsonReader json, string otherwise) => MustBe(ref json, JsonTokenType.StartObject, otherwise);

    public static void MustBeArray(ref Utf8JsonReader json, string otherwise) => MustBe(ref json, JsonTokenType.StartArray, otherwise);

    /// <summary>A text of 1 to <paramref name="most"/> characters.</summary>
    public static string Text(ref Utf8JsonReader json, string name, int most)
    {
        MustBe(ref json, JsonTokenType.String, $"{name} must be a string of 1 to {most} characters.");
        string text = json.GetString()!;
        return text.Length > 0 && text.Length <= most ? text : throw new OpenInferenceException($"{name} must be a string of 1 to {most} characters.");
    }

    /// <summary>A text of at most so many characters; null counts as none.</summary>
    public static string OptionalText(ref Utf8JsonReader json, string name, int most)
    {
        if (IsNull(ref json))
        {
            return "";
        }

        MustBe(ref json, JsonTokenType.String, $"{name} must be a string of at most {most} characters.");
        string text = json.GetString()!;
        return text.Length <= most ? text : throw new OpenInferenceException($"{name} must be a string of at most {most} characters.");
    }

    private static void MustBe(ref Utf8JsonReader json, JsonTokenType kind, string otherwise)
    {
        if (json.TokenType != kind)
        {
            throw new OpenInferenceException(otherwise);
        }
    }
}
