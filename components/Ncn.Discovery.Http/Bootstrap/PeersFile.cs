using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Bootstrap;

/// <summary>The peers that this one knew last, so that a restart needs nobody's bootstrap record. At most 256, the likeliest to be alive first.</summary>
public sealed class PeersFile(string path) : IBootstrapSource
{
    /// <summary>Most records of the file.</summary>
    public const int MaxPeers = 256;

    public string Name => path;

    /// <summary>What was written last; nothing before the first time.</summary>
    public Task<IReadOnlyList<BootstrapRecord>> ReadAsync(CancellationToken cancellationToken) =>
        Task.FromResult(File.Exists(path) ? BootstrapText.ReadFile(path) : []);

    /// <summary>Replaces the file, whole or not at all. Nothing is written when nobody is known: the old ones are better than none.</summary>
    public void Write(IEnumerable<Contact> peers)
    {
        var records = peers.Take(MaxPeers).Select(static peer => peer.Record).ToArray();
        if (records.Length == 0)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var fresh = path + ".new";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(records, ProtocolJson.Options));
        File.Move(fresh, path, overwrite: true);
    }
}
