using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Client;
using Ncn.Protocol;

namespace Ncn.Cli.Using.Audits;

/// <summary>A node's signed receipt in a file, as evidence against the node.</summary>
internal static class ReceiptFile
{
    private const long MostBytes = 64 * 1024 * 1024;

    public static void Write(string path, Signed<Receipt> receipt) => PrivateFile.Write(Path.GetFullPath(path), JsonSerializer.Serialize(receipt, ProtocolJson.Options) + "\n");

    /// <summary>Reads the file that <see cref="Write"/> made, or a whole answer with its member ncn.</summary>
    /// <exception cref="CliException">It is neither.</exception>
    public static Signed<Receipt> Read(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > MostBytes)
        {
            throw new CliException($"There is no receipt {path}. `./ncn chat --receipt FILE \"…\"` writes one.");
        }

        var content = File.ReadAllBytes(path);
        try
        {
            return (NcnMember.Read(content)?.Receipt ?? JsonSerializer.Deserialize<Signed<Receipt>>(content, ProtocolJson.Options)) is { Message: not null } receipt
                ? receipt : throw new JsonException("it has no message");
        }
        catch (Exception unreadable) when (unreadable is JsonException or NcnException)
        {
            throw new CliException($"{path} holds no receipt, and no answer with one: {unreadable.Message}");
        }
    }
}
