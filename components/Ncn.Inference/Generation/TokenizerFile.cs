using System.Globalization;
using System.Text;
using System.Text.Json;
using Ncn.Inference.Generation.Constraints;

namespace Ncn.Inference.Generation;

/// <summary>
/// The bytes of each token, from <c>tokenizer.json</c> (the format of Hugging Face's tokenizers). Byte-level BPE spells each byte as one
/// printable character (GPT-2's table); other BPE spells spaces as U+2581 and single bytes as &lt;0x0A&gt;.
/// </summary>
internal static class TokenizerFile
{
    public const string Name = "tokenizer.json";
    private const long MaxBytes = 256 << 20;
    private static readonly string[] PartLists = ["decoders", "pretokenizers"];

    /// <summary>Tokens that the file does not name have no bytes.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="vocabulary">Number of token ids.</param>
    /// <exception cref="InvalidDataException">The file is missing or cannot be read; the message says why.</exception>
    public static TokenVocabulary Read(string folder, int vocabulary)
    {
        var file = new FileInfo(Path.Combine(folder, Name));
        if (!file.Exists || file.Length > MaxBytes)
        {
            throw new InvalidDataException($"{Name} is missing or larger than {MaxBytes} bytes");
        }

        try
        {
            using FileStream stream = file.OpenRead();
            using JsonDocument document = JsonDocument.Parse(stream);
            return Read(document.RootElement, vocabulary);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{Name} cannot be used: {exception.Message}", exception);
        }
    }

    private static TokenVocabulary Read(JsonElement root, int vocabulary)
    {
        byte[][] bytes = [.. Enumerable.Repeat(Array.Empty<byte>(), vocabulary)];
        var special = new List<int>();
        bool byteLevel = IsByteLevel(root);
        Func<string, byte[]> spell = byteLevel ? FromByteLevel : FromPieces;
        foreach ((string text, int id) in Entries(root.GetProperty("model").GetProperty("vocab")).Where(entry => (uint)entry.Id < (uint)vocabulary))
        {
            bytes[id] = spell(text);
        }

        if (root.TryGetProperty("added_tokens", out JsonElement added))
        {
            foreach (JsonElement token in added.EnumerateArray().Where(token => (uint)token.GetProperty("id").GetInt32() < (uint)vocabulary))
            {
                int id = token.GetProperty("id").GetInt32();
                bytes[id] = Encoding.UTF8.GetBytes(token.GetProperty("content").GetString()!);
                if (token.TryGetProperty("special", out JsonElement hidden) && hidden.ValueKind == JsonValueKind.True)
                {
                    special.Add(id);
                }
            }
        }

        return new TokenVocabulary(bytes, special) { IsByteLevel = byteLevel };
    }

    /// <summary>BPE names its tokens by text; unigram models list them with a score.</summary>
    private static IEnumerable<(string Text, int Id)> Entries(JsonElement vocabulary) => vocabulary.ValueKind == JsonValueKind.Array
        ? vocabulary.EnumerateArray().Select((entry, id) => (entry[0].GetString()!, id))
        : vocabulary.EnumerateObject().Select(entry => (entry.Name, entry.Value.GetInt32()));

    private static bool IsByteLevel(JsonElement root) => Mentions(root, "decoder") || Mentions(root, "pre_tokenizer");

    private static bool Mentions(JsonElement root, string part) =>
        root.TryGetProperty(part, out JsonElement value) && value.ValueKind == JsonValueKind.Object
        && (IsNamed(value) || PartLists.Any(list =>
            value.TryGetProperty(list, out JsonElement parts) && parts.EnumerateArray().Any(IsNamed)));

    private static bool IsNamed(JsonElement part) => part.GetProperty("type").GetString() == "ByteLevel";

    private static byte[] FromByteLevel(string text)
    {
        var bytes = new byte[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            if (!ByteOf.TryGetValue(text[i], out bytes[i]))
            {
                return Encoding.UTF8.GetBytes(text); // no spelling of bytes: a token that was added by its text
            }
        }

        return bytes;
    }

    private static byte[] FromPieces(string text) =>
        text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>'
            && byte.TryParse(text.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out byte single)
            ? [single]
            : Encoding.UTF8.GetBytes(text.Replace('\u2581', ' '));

    /// <summary>GPT-2's table: printable Latin-1 characters stand for themselves, the other bytes for the characters from U+0100 on.</summary>
    private static readonly Dictionary<char, byte> ByteOf = ByteLevelTable();

    private static Dictionary<char, byte> ByteLevelTable()
    {
        var table = new Dictionary<char, byte>();
        int moved = 0;
        for (int value = 0; value < 256; value++)
        {
            bool printable = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            table[printable ? (char)value : (char)(0x100 + moved++)] = (byte)value;
        }

        return table;
    }
}
