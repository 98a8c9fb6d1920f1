using System.Text.Json;
using System.Text.Unicode;

namespace Ncn.LocalRuntime.Sidecars;

/// <summary>Finds what JSON's grammar lets pass and what fails only when a string is read: bytes that are no UTF-8, halves of surrogate pairs.</summary>
internal static class JsonText
{
    /// <exception cref="JsonException">A name or string cannot be read; or the body is no JSON.</exception>
    public static void Check(ReadOnlySpan<byte> body)
    {
        if (!Utf8.IsValid(body))
        {
            throw new JsonException("the body is not valid UTF-8");
        }

        if (body.IndexOf("\\ud"u8) < 0 && body.IndexOf("\\uD"u8) < 0)
        {
            return;
        }

        var reader = new Utf8JsonReader(body);
        try
        {
            while (reader.Read())
            {
                _ = reader.ValueIsEscaped ? reader.GetString() : null;
            }
        }
        catch (InvalidOperationException broken)
        {
            throw new JsonException("the body has an escaped half of a surrogate pair, which is no character", broken);
        }
    }
}
