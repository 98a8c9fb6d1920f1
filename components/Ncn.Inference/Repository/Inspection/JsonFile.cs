using System.Text.Json;

namespace Ncn.Inference.Repository.Inspection;

/// <summary>Checks that a file is JSON that a recursive parser survives.</summary>
internal static class JsonFile
{
    /// <summary>Tokenizers of large vocabularies have some 20 MiB.</summary>
    private const int MaxBytes = 128 << 20;

    private const int MaxDepth = 48;

    /// <exception cref="InvalidDataException">It is too large, no JSON, or nested too deep.</exception>
    public static void Check(string folder, string path)
    {
        byte[] content = RegularFile.ReadAll(folder, path, MaxBytes);
        ReadOnlySpan<byte> json = content.AsSpan().StartsWith("\uFEFF"u8) ? content.AsSpan(3) : content;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.Number && !IsSane(ref reader))
                {
                    throw new InvalidDataException($"{path} holds a number that no 64-bit number can stand for, at byte {reader.TokenStartIndex}");
                }
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is no usable JSON: {exception.Message}", exception);
        }
    }

    private static bool IsSane(ref Utf8JsonReader reader) =>
        reader.TryGetInt64(out _) || (reader.TryGetDouble(out double value) && double.IsFinite(value));
}
