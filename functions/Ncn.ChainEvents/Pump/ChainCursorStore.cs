using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Ncn.Chain.Events;
using Ncn.ChainEvents.Storage;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Pump;

/// <summary>How far the chain's events were read, in the table <c>chaincursor</c>; of several instances that advance it at once, one does.</summary>
public sealed class ChainCursorStore(Func<Task<TableClient>> table, string chain, ulong startBlock)
{
    private const string Row = "cursor";

    /// <summary>The cursor, and the version to advance it from; no version before the first time.</summary>
    internal async Task<(ChainCursor Cursor, ETag? Version)> ReadAsync(CancellationToken cancellationToken)
    {
        var found = await (await table()).GetEntityIfExistsAsync<TableEntity>(chain, Row, cancellationToken: cancellationToken);
        return found.HasValue
            ? (JsonSerializer.Deserialize<ChainCursor>(LongBytes.Take(found.Value!), ProtocolJson.Options)!, found.Value!.ETag)
            : (ChainCursor.StartAt(startBlock), null);
    }

    /// <summary>False: another instance has advanced it meanwhile.</summary>
    internal async Task<bool> TryAdvanceAsync(ChainCursor cursor, ETag? version, CancellationToken cancellationToken)
    {
        var entity = new TableEntity(chain, Row) { ["Next"] = checked((long)cursor.Next) };
        LongBytes.Put(entity, JsonSerializer.SerializeToUtf8Bytes(cursor, ProtocolJson.Options));
        var client = await table();
        try
        {
            await (version is { } known
                ? client.UpdateEntityAsync(entity, known, TableUpdateMode.Replace, cancellationToken)
                : client.AddEntityAsync(entity, cancellationToken));
            return true;
        }
        catch (RequestFailedException taken) when (taken.Status is 409 or 412)
        {
            return false;
        }
    }
}
