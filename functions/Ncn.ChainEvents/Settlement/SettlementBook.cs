using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Ncn.ChainEvents.Storage;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Settlement;

/// <summary>The operator's claims in the table <c>settlements</c>, the newest first.</summary>
public sealed class SettlementBook(Func<Task<TableClient>> table, string chain, Address operatorAddress)
{
    private const string Over = "Over";
    private readonly string _partition = $"{chain}-{operatorAddress}";

    /// <summary>A purpose that was never used, and that lists newest first.</summary>
    internal static string NewPurpose(ulong now) => $"claim-{ulong.MaxValue - now:D20}-{Guid.NewGuid():N}";

    /// <summary>Durable when the task ends.</summary>
    internal async Task SaveAsync(SettlementState state, CancellationToken cancellationToken)
    {
        var entity = new TableEntity(_partition, state.Purpose) { [Over] = state.IsOver, ["Phase"] = state.Phase.ToString() };
        LongBytes.Put(entity, JsonSerializer.SerializeToUtf8Bytes(state, ProtocolJson.Options));
        await (await table()).UpsertEntityAsync(entity, TableUpdateMode.Replace, cancellationToken);
    }

    /// <summary>Those that are not over, the newest first.</summary>
    internal async Task<IReadOnlyList<SettlementState>> ListOpenAsync(CancellationToken cancellationToken)
    {
        var open = new List<SettlementState>();
        await foreach (var entity in Query(await table(), TableClient.CreateQueryFilter($"PartitionKey eq {_partition} and Over eq {false}"), cancellationToken))
        {
            open.Add(Read(entity));
        }

        return open;
    }

    /// <summary>The newest ones.</summary>
    internal async Task<IReadOnlyList<SettlementState>> ListNewestAsync(int count, CancellationToken cancellationToken)
    {
        var newest = new List<SettlementState>();
        await foreach (var entity in Query(await table(), TableClient.CreateQueryFilter($"PartitionKey eq {_partition}"), cancellationToken))
        {
            newest.Add(Read(entity));
            if (newest.Count == count)
            {
                break;
            }
        }

        return newest;
    }

    private static AsyncPageable<TableEntity> Query(TableClient client, string filter, CancellationToken cancellationToken) =>
        client.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken);

    private static SettlementState Read(TableEntity entity) => JsonSerializer.Deserialize<SettlementState>(LongBytes.Take(entity), ProtocolJson.Options)!;
}
