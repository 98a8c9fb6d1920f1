using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ncn.LocalRuntime.ServiceBus;

/// <summary>The one key of the local namespace: made at the first start, kept in the state folder, readable by its owner alone.</summary>
internal sealed class SharedKey(string text)
{
    public const string KeyName = "local";
    private const int KeyBytes = 32;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly string[] Fields = ["sr", "sig", "se", "skn"];

    public static string FileName => "servicebus.key";

    public static SharedKey OpenOrCreate(string stateDirectory)
    {
        Directory.CreateDirectory(stateDirectory);
        var path = Path.Combine(stateDirectory, FileName);
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } known)
        {
            return new SharedKey(known);
        }

        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));
        var temporary = path + ".new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Owner }))
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        return new SharedKey(text);
    }

    public string ConnectionString(int port) => string.Create(
        CultureInfo.InvariantCulture, $"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName={KeyName};SharedAccessKey={text};UseDevelopmentEmulator=true");

    /// <summary>Null when a header <c>SharedAccessSignature sr=…&amp;sig=…&amp;se=…&amp;skn=…</c> allows the path now; else why it does not.</summary>
    public string? Refuse(string? authorization, string path, DateTimeOffset now)
    {
        const string Scheme = "SharedAccessSignature ";
        if (authorization?.StartsWith(Scheme, StringComparison.Ordinal) != true)
        {
            return "the header Authorization has no SharedAccessSignature";
        }

        var fields = authorization[Scheme.Length..].Split('&').Select(field => field.Split('=', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0]).ToDictionary(group => group.Key, group => group.First()[1]);
        if (!Fields.All(fields.ContainsKey) || fields["skn"] != KeyName)
        {
            return "the signature lacks a field, or names another key";
        }

        var isOurs = CryptographicOperations.FixedTimeEquals(Sign($"{fields["sr"]}\n{fields["se"]}"), Decode(fields["sig"]));
        return !isOurs ? "the signature is not by the key"
            : !long.TryParse(fields["se"], NumberStyles.None, CultureInfo.InvariantCulture, out var expiry) || expiry <= now.ToUnixTimeSeconds() ? "the signature has expired"
            : !Covers(Uri.UnescapeDataString(fields["sr"]), path) ? "the signature is for another resource"
            : null;
    }

    private static bool Covers(string resource, string path)
    {
        var covered = Uri.TryCreate(resource, UriKind.Absolute, out var uri) ? uri.AbsolutePath.TrimEnd('/') : null;
        return covered is not null && (path.Equals(covered, StringComparison.OrdinalIgnoreCase) || path.StartsWith(covered + "/", StringComparison.OrdinalIgnoreCase));
    }

    private static byte[] Decode(string signature)
    {
        var bytes = new byte[HMACSHA256.HashSizeInBytes];
        return Convert.TryFromBase64String(Uri.UnescapeDataString(signature), bytes, out var length) && length == bytes.Length ? bytes : [];
    }

    private byte[] Sign(string message) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(text), Encoding.UTF8.GetBytes(message));
}
