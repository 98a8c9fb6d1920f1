using System.Text.Json;
using Ncn.Protocol;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Audits;

/// <summary>Audits in the subnet's container: those that are not over in one folder, the others in another.</summary>
internal sealed class AuditStore(IObjectStore store)
{
    private const string OpenFolder = "audits/open/";
    private const string OverFolder = "audits/over/";
    private static readonly Dictionary<string, string> NoTags = [];

    internal async Task<Audit?> FindAsync(Hash32 receipt, CancellationToken cancellationToken) =>
        await ReadAsync(OverFolder + receipt, cancellationToken) ?? await ReadAsync(OpenFolder + receipt, cancellationToken);

    /// <summary>Keeps a new audit; false when its receipt has one.</summary>
    internal Task<bool> TryAddAsync(Audit audit, CancellationToken cancellationToken) =>
        store.TryWriteAsync(OpenFolder + audit.Receipt, JsonSerializer.SerializeToUtf8Bytes(audit, ProtocolJson.Options), null, cancellationToken);

    internal async Task<IReadOnlyList<Audit>> ListOpenAsync(CancellationToken cancellationToken)
    {
        var open = new List<Audit>();
        await foreach (var found in store.ListAsync(OpenFolder, cancellationToken))
        {
            open.AddRange(await ReadAsync(found.Name, cancellationToken) is { } audit ? [audit] : []);
        }

        return open;
    }

    internal async Task ReplaceAsync(Audit audit, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(audit, ProtocolJson.Options), writable: false);
        await store.WriteAsync((audit.IsOver ? OverFolder : OpenFolder) + audit.Receipt, content, NoTags, cancellationToken);
        await (audit.IsOver ? store.DeleteAsync(OpenFolder + audit.Receipt, cancellationToken) : Task.CompletedTask);
    }

    private async Task<Audit?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        if (await store.OpenAsync(name, cancellationToken) is not { } content)
        {
            return null;
        }

        await using (content)
        {
            return await JsonSerializer.DeserializeAsync<Audit>(content, ProtocolJson.Options, cancellationToken);
        }
    }
}
