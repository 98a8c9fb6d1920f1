using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Ncn.Inference.Generation.Constraints;

/// <summary>One spelling for each JSON value: UTF-8, no white space, only the escapes that JSON demands, numbers as the schema wrote them.</summary>
internal static class JsonSpelling
{
    /// <summary>A string with its quotes.</summary>
    public static byte[] Of(string text)
    {
        var spelling = new StringBuilder("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            spelling.Append(Of(rune));
        }

        return Encoding.UTF8.GetBytes(spelling.Append('"').ToString());
    }

    /// <summary>One character within a string.</summary>
    public static string Of(Rune rune) => rune.Value switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < 0x20 => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
        _ => rune.ToString(),
    };

    /// <summary>A whole value.</summary>
    public static byte[] Of(JsonElement value)
    {
        var spelling = new List<byte>();
        Write(value, spelling);
        return [.. spelling];
    }

    private static void Write(JsonElement value, List<byte> spelling)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteAll(value.EnumerateObject(), '{', '}', spelling, member =>
                {
                    spelling.AddRange(Of(member.Name));
                    spelling.Add((byte)':');
                    Write(member.Value, spelling);
                });
                break;
            case JsonValueKind.Array:
                WriteAll(value.EnumerateArray(), '[', ']', spelling, item => Write(item, spelling));
                break;
            case JsonValueKind.String:
                spelling.AddRange(Of(value.GetString()!));
                break;
            default:
                spelling.AddRange(Encoding.UTF8.GetBytes(value.GetRawText()));
                break;
        }
    }

    private static void WriteAll<T>(IEnumerable<T> items, char open, char close, List<byte> spelling, Action<T> write)
    {
        spelling.Add((byte)open);
        bool first = true;
        foreach (T item in items)
        {
            if (!first)
            {
                spelling.Add((byte)',');
            }

            first = false;
            write(item);
        }

        spelling.Add((byte)close);
    }
}
