using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Files;

/// <summary>A client's file (OpenAI API reference, "The file object").</summary>
/// <param name="Id">Begins with "file-".</param>
/// <param name="Bytes">Its length.</param>
/// <param name="CreatedAt">Unix seconds.</param>
/// <param name="ExpiresAt">Unix seconds.</param>
public sealed record StoredFile(string Id, long Bytes, long CreatedAt, long ExpiresAt, string FileName, string Purpose)
{
    /// <summary>The purpose of files that batches read.</summary>
    public const string BatchPurpose = "batch";

    /// <summary>The purpose of files that batches write.</summary>
    public const string OutputPurpose = "batch_output";

    private const int MaxNameBytes = 512;
    private const int RandomBytes = 15;

    /// <summary>A fresh id; those made later come first in the order of names.</summary>
    public static string NewId(DateTimeOffset now) =>
        $"file-{Inverted(now)}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes))}";

    /// <summary>Twelve digits that fall as time goes by.</summary>
    public static string Inverted(DateTimeOffset now) => (0xFFFF_FFFF_FFFFL - now.ToUnixTimeMilliseconds()).ToString("x12", CultureInfo.InvariantCulture);

    /// <summary>Whether a text from outside can be an id.</summary>
    public static bool IsId(string id) => id is { Length: > 5 and <= 64 } && id.StartsWith("file-", StringComparison.Ordinal) && id.Skip(5).All(char.IsAsciiLetterOrDigit);

    public static string NameOf(string account, string id) => $"files/{account}/{id}";

    public Dictionary<string, string> ToTags() => new(StringComparer.Ordinal)
    {
        ["purpose"] = Purpose,
        ["created"] = CreatedAt.ToString(CultureInfo.InvariantCulture),
        ["expires"] = ExpiresAt.ToString(CultureInfo.InvariantCulture),
        ["filename"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(FileName)),
    };

    public static StoredFile Of(ObjectInfo found)
    {
        ArgumentNullException.ThrowIfNull(found);
        return new StoredFile(
            found.Name[(found.Name.LastIndexOf('/') + 1)..], found.Length, long.Parse(found.Tags["created"], CultureInfo.InvariantCulture),
            long.Parse(found.Tags["expires"], CultureInfo.InvariantCulture), Encoding.UTF8.GetString(Convert.FromBase64String(found.Tags["filename"])),
            found.Tags["purpose"]);
    }

    /// <summary>A name as it may be kept: no path, no control characters, bounded.</summary>
    public static string CleanName(string? given)
    {
        var name = new string([.. (given ?? string.Empty).Split('/', '\\')[^1].Where(static letter => !char.IsControl(letter) && !char.IsSurrogate(letter))]);
        return name.Length == 0 ? "file.jsonl" : Encoding.UTF8.GetByteCount(name) <= MaxNameBytes ? name : name[..(MaxNameBytes / 4)];
    }

    public object ToJson() => new
    {
        id = Id,
        @object = "file",
        bytes = Bytes,
        created_at = CreatedAt,
        expires_at = ExpiresAt,
        filename = FileName,
        purpose = Purpose,
        status = "processed",
        status_details = (string?)null,
    };
}
