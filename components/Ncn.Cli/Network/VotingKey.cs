using System.Globalization;
using Ncn.Protocol;

namespace Ncn.Cli.Network;

/// <summary>
/// A key that votes. A file of the same name ending in <c>.unused</c>, made with it, says that it has never signed: the validator begins the key's
/// signing guard for that file alone, and removes it. A key without either never votes again.
/// </summary>
internal static class VotingKey
{
    /// <summary>Reads the key, or makes it.</summary>
    public static Signer Ensure(string path)
    {
        if (!File.Exists(path))
        {
            // In this order: a key with neither guard nor mark is a lost one, a mark without a key is made again.
            PrivateFile.Write(MarkOf(path), "This key has never signed.\n");
            KeyFiles.Write(path);
        }

        return KeyFiles.Read(path);
    }

    /// <summary>Puts a key out of use, with its mark; whether there was one or not.</summary>
    public static void Retire(string path)
    {
        File.Delete(MarkOf(path));
        if (File.Exists(path))
        {
            File.Move(path, string.Create(CultureInfo.InvariantCulture, $"{path}.retired-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}"));
        }
    }

    private static string MarkOf(string path) => Path.ChangeExtension(path, ".unused");
}
