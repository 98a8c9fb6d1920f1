using System.Globalization;
using Ncn.Protocol;

namespace Ncn.Cli.Network;

/// <summary>
/// A key that votes. A file beside it with <c>.new</c> after its name, made before it, says that it has never signed: the validator begins the key's
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

    /// <summary>Puts a key out of use, with its signing guard, which is kept for what it proves; whether there was one or not.</summary>
    public static void Retire(string path)
    {
        File.Delete(MarkOf(path));
        var ending = string.Create(CultureInfo.InvariantCulture, $".retired-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}");
        foreach (var file in new[] { path, path + ".guard" }.Where(File.Exists))
        {
            File.Move(file, file + ending);
        }
    }

    private static string MarkOf(string path) => path + ".new";
}
