namespace Ncn.Coordination.Mempool;

/// <summary>A node's room, and the pools whose jobs it can run.</summary>
/// <param name="FreeSlots">Requests that it could start now, out of any of these pools.</param>
public sealed record NodeRoom(uint FreeSlots, IReadOnlyList<string> Pools);

/// <summary>Divides the room of a subnet's nodes among its pools.</summary>
public static class SlotShares
{
    /// <summary>The free slots of each pool that any of the nodes serves.</summary>
    /// <remarks>
    /// A node's slots are shared equally by those of its pools that have jobs, the rest one by one from the first name on; a pool
    /// without jobs is told all of them, so that its first job starts at once. What that gives out twice lies on the work
    /// queue for a moment, and the next report takes it back.
    /// </remarks>
    /// <param name="nodes">The members with their last reports.</param>
    /// <param name="hasJobs">Whether jobs are in a pool.</param>
    public static IReadOnlyDictionary<string, uint> Of(IEnumerable<NodeRoom> nodes, Func<string, bool> hasJobs)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(hasJobs);
        var shares = new SortedDictionary<string, uint>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            string[] names = [.. node.Pools.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            string[] wanted = [.. names.Where(hasJobs)];
            foreach (var name in names)
            {
                var place = Array.IndexOf(wanted, name);
                var share = place < 0 ? node.FreeSlots : ShareOf(node.FreeSlots, (uint)wanted.Length, (uint)place);
                shares[name] = (uint)Math.Min(uint.MaxValue, (ulong)shares.GetValueOrDefault(name) + share);
            }
        }

        return shares;
    }

    private static uint ShareOf(uint slots, uint sharers, uint place) => (slots / sharers) + (place < slots % sharers ? 1u : 0);
}
