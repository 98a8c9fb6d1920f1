using Ncn.Discovery;
using Ncn.Protocol;
using Ncn.Simulation.Actors;

namespace Ncn.Simulation.Invariants;

/// <summary>Who may be in a peer's table.</summary>
internal static class PeerTableInvariants
{
    private static readonly DiscoveryLimits Limits = Bounds.Discovery;

    internal static void Check(PeerId self, RoutingTable table, IReadOnlySet<(PeerId Peer, string Url)> heard)
    {
        var all = new List<Contact>();
        for (var index = 0; index < table.Buckets.Length; index++)
        {
            var bucket = table.Buckets[index];
            Must.Hold(bucket.Entries.Length <= Limits.BucketSize && bucket.Spares.Length <= Limits.SpareSize, "a bucket has room for so many", () => $"{bucket.Entries.Length} entries, {bucket.Spares.Length} reserves");
            var here = bucket.Entries.Concat(bucket.Spares).Select(static entry => entry.Peer).ToList();
            CheckShares(here, Limits.OperatorPerBucket, Limits.BlockPerBucket);
            foreach (var peer in here)
            {
                var at = Math.Min((peer.Id.Value ^ self.Value).LeadingZeros, 255);
                Must.Hold(peer.Id != self && at == index, "a peer is in the bucket of its distance", () => $"{peer} is in bucket {table.Buckets.IndexOf(bucket)}");
                Must.Hold(heard.Contains((peer.Id, peer.Url)), "who is in the table has answered at its address", () => $"{peer}");
            }

            all.AddRange(here);
        }

        CheckShares(all, Limits.OperatorPerTable, Limits.BlockPerTable);
        Must.Hold(all.Select(static peer => peer.Id).Distinct().Count() == all.Count, "a peer is in the table once", () => $"{all.Count} entries");
    }

    /// <summary>Nobody who answers is pushed out by others: not by who asks, not by who answers.</summary>
    internal static void CheckLeft(RoutingTable before, DiscoveryInput input, RoutingTable after)
    {
        PeerId? actor = input switch
        {
            DiscoveryInput.Request { From: { } from } => from.Id,
            DiscoveryInput.Answered { Peer: var peer } => peer.Id,
            _ => null,
        };
        for (var index = 0; actor is not null && index < before.Buckets.Length; index++)
        {
            if (before.Buckets[index].Entries == after.Buckets[index].Entries)
            {
                continue;
            }

            foreach (var entry in before.Buckets[index].Entries)
            {
                var isThere = entry.Failures > 0 || entry.Peer.Id == actor || after.Buckets[index].Entries.Any(other => other.Peer.Id == entry.Peer.Id);
                Must.Hold(isThere, "nobody pushes out who answers", () => $"{entry.Peer} by {actor}");
            }
        }
    }

    private static void CheckShares(List<Contact> peers, int ofOperator, int ofBlock)
    {
        foreach (var group in peers.GroupBy(static peer => peer.Operator))
        {
            Must.Hold(group.Count() <= ofOperator, "an operator keeps to its share of the table", () => $"{group.Count()} peers of {group.Key}");
        }

        foreach (var group in peers.Where(static peer => !peer.Block.IsExempt).GroupBy(static peer => peer.Block))
        {
            Must.Hold(group.Count() <= ofBlock, "an address block keeps to its share of the table", () => $"{group.Count()} peers in block {group.Key.Value:x}");
        }
    }
}
