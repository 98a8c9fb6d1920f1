using Ncn.Protocol;

namespace Ncn.ComputeWorker;

/// <summary>Reads the operator's key. Its content never reaches a log or a message.</summary>
internal static class KeyFile
{
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <exception cref="InvalidOperationException">The file is missing, open to others, or holds no key; the message says which.</exception>
    public static Signer Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidOperationException($"The key file {path} is missing. Make one with './ncn wallet new', or set Ncn:Worker:KeyFile.");
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersRead) != 0)
        {
            throw new InvalidOperationException($"The key file {path} can be read by others. Run 'chmod 600' on it.");
        }

        try
        {
            return new Signer(Hash32.Parse(File.ReadAllText(path).Trim()).ToArray());
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            // Without the cause: its message could quote the file.
            throw new InvalidOperationException($"The key file {path} does not hold a private key: 0x and 64 hex digits.");
        }
    }
}
