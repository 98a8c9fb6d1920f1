using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>A node's room, and the models that it offers.</summary>
/// <param name="FreeSlots">Requests that it could start now, of any of its models.</param>
public sealed record NodeRoom(uint FreeSlots, IReadOnlyList<ModelOffer> Models);

/// <summary>Divides the room of a subnet's nodes among the pools of its models.</summary>
public static class SlotShares
{
    /// <summary>The free slots of each model that any of the nodes offers.</summary>
    /// <remarks>
    /// A node's slots are shared equally by those of its models that jobs wait for, the rest one by one from the first name on; a model
    /// that nobody waits for is told all of them, so that its first job starts at once. What that gives out twice lies on the work
    /// queue for a moment, and the next report takes it back.
    /// </remarks>
    /// <param name="nodes">The members with their last reports.</param>
    /// <param name="isWanted">Whether jobs wait for a model.</param>
    public static IReadOnlyDictionary<string, uint> Of(IEnumerable<NodeRoom> nodes, Func<string, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(isWanted);
        var shares = new SortedDictionary<string, uint>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            string[] names = [.. node.Models.Select(static model => model.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            string[] wanted = [.. names.Where(isWanted)];
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
