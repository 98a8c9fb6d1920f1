using System.Text;
using Ncn.Inference.Generation.Constraints;

namespace Ncn.Inference.Tests.Generation.Constraints;

/// <summary>Every byte as a token, and longer ones that run over the borders of JSON's own tokens and of characters.</summary>
internal static class TestVocabulary
{
    public const int End = 256;
    public const int Control = 257;

    private static readonly string[] Pieces =
    [
        "{\"", "\":", "\": \"", "\", \"", "\"}", "\"]", "}}", "}]", "]}", "[[", "[{\"", "{}", "[]", ", ", ": ", ",\n  ", "true", "false", "null",
        "tr", "ue", "fal", "se", "12", "345", "0.", ".5", "-1", "e+", "1e", "00", "abc", "name", "\"name\"", "kind", "value", "é", "😀", "\\u00", "\\n", "\\\"", "  ", "\n",
        "\"a\"", "\"a\":", "\"b\":", "red", "green", "blue", "items",
    ];

    public static TokenVocabulary Instance { get; } = Build();

    public static string Text(IEnumerable<int> tokens) => Encoding.UTF8.GetString([.. tokens.SelectMany(token => Instance.Bytes(token).ToArray())]);

    private static TokenVocabulary Build()
    {
        List<byte[]> bytes = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })];
        bytes.Add("<|end|>"u8.ToArray());
        bytes.Add("<|control|>"u8.ToArray());
        bytes.AddRange(Pieces.Select(Encoding.UTF8.GetBytes));
        bytes.AddRange([[0xF0, 0x9F], [0x98, 0x80], [(byte)'"', 0xC3], [0xA9, (byte)'"']]);
        return new TokenVocabulary(bytes, [End, Control]);
    }
}
