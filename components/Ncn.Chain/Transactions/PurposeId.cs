using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ncn.Chain.Transactions;

/// <summary>What a transaction is for, chosen by the caller before it is sent: one purpose is carried out once at most.</summary>
/// <remarks>1 to 128 characters of a–z, A–Z, 0–9, '.', '_', ':' and '-', so that it can be a file's line, a table's row key and a log's word.</remarks>
[JsonConverter(typeof(PurposeIdJsonConverter))]
public readonly record struct PurposeId
{
    /// <summary>Most characters.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-");

    private readonly string? _text;

    /// <summary>Takes the text, or throws <see cref="ArgumentException"/> when it has another form.</summary>
    public PurposeId(string text) => _text = IsValid(text)
        ? text
        : throw new ArgumentException($"A purpose id has 1 to {MaxLength} letters, digits, '.', '_', ':' or '-'; this one does not.", nameof(text));

    private PurposeId(string text, bool _) => _text = text;

    /// <summary>Reads a purpose id from outside.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PurposeId purpose)
    {
        purpose = IsValid(text) ? new PurposeId(text, true) : default;
        return purpose._text is not null;
    }

    public override string ToString() => _text ?? "";

    private static bool IsValid([NotNullWhen(true)] string? text) =>
        text is { Length: > 0 and <= MaxLength } && !text.AsSpan().ContainsAnyExcept(Allowed);
}

internal sealed class PurposeIdJsonConverter : JsonConverter<PurposeId>
{
    public override PurposeId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        PurposeId.TryParse(reader.GetString(), out var purpose) ? purpose : throw new JsonException("A purpose id is malformed.");

    public override void Write(Utf8JsonWriter writer, PurposeId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
