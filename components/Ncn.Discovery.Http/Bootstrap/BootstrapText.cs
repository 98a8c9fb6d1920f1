using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Bootstrap;

/// <summary>Reads bootstrap records from text.</summary>
/// <remarks>
/// Either URLs and paths of files, separated by commas; or JSON: a signed peer record, or a list whose elements are signed peer records
/// and URLs. A file holds one of these forms, without further paths.
/// </remarks>
public static class BootstrapText
{
    private const int MaxRecords = 256;
    private const int MaxFileBytes = 1 << 20;

    /// <summary>Reads the value of a setting. Throws <see cref="BootstrapException"/>.</summary>
    public static IReadOnlyList<BootstrapRecord> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        if (trimmed.StartsWith('{') || trimmed.StartsWith('['))
        {
            return Bounded(ReadJson(trimmed, "the setting"), "the setting");
        }

        var words = trimmed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return Bounded([.. words.SelectMany(static word => BootstrapRecord.Of(word) is { } url ? [url] : ReadFile(word))], "the setting");
    }

    /// <summary>Reads a file. Throws <see cref="BootstrapException"/>.</summary>
    public static IReadOnlyList<BootstrapRecord> ReadFile(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
            {
                throw new BootstrapException($"The bootstrap file {path} is larger than {MaxFileBytes} bytes.");
            }

            var text = File.ReadAllText(path).Trim();
            return text.StartsWith('{') || text.StartsWith('[')
                ? Bounded(ReadJson(text, path), path)
                : Bounded([.. text.Split([',', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(word => UrlOf(word, path))], path);
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new BootstrapException($"The bootstrap file {path} cannot be read: {unread.Message}", unread);
        }
    }

    private static IReadOnlyList<BootstrapRecord> ReadJson(string json, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            return document.RootElement.ValueKind == JsonValueKind.Array
                ? [.. document.RootElement.EnumerateArray().Select(element => ReadElement(element, where))]
                : [ReadElement(document.RootElement, where)];
        }
        catch (JsonException malformed)
        {
            throw new BootstrapException($"The bootstrap records of {where} are no JSON that can be read: {malformed.Message}", malformed);
        }
    }

    private static BootstrapRecord ReadElement(JsonElement element, string where) => element.ValueKind == JsonValueKind.String
        ? UrlOf(element.GetString(), where)
        : BootstrapRecord.Of(element.Deserialize<Signed<PeerRecord>>(ProtocolJson.Strict))
            ?? throw new BootstrapException($"A bootstrap record of {where} is malformed: it has no identity key of 64 bytes, no operator or no http(s) URL.");

    private static BootstrapRecord UrlOf(string? text, string where) =>
        BootstrapRecord.Of(text) ?? throw new BootstrapException($"{where} names '{text}', which is neither an http(s) URL nor a signed record.");

    private static IReadOnlyList<BootstrapRecord> Bounded(IReadOnlyList<BootstrapRecord> records, string where) => records.Count <= MaxRecords
        ? records
        : throw new BootstrapException($"{where} names {records.Count} bootstrap records; at most {MaxRecords} are read.");
}

/// <summary>The bootstrap records of a setting: URLs, paths of files, or JSON. Read anew each time, so that a file may come later or change.</summary>
public sealed class ConfiguredBootstrap(string text) : IBootstrapSource
{
    public string Name => "settings";

    public Task<IReadOnlyList<BootstrapRecord>> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(BootstrapText.Read(text));
}
