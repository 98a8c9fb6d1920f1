using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>A peer that has answered, and how it went since.</summary>
/// <param name="SeenAt">When it was last heard of, unix milliseconds.</param>
/// <param name="Failures">Requests in a row that it did not answer; one with any is not named to others.</param>
public sealed record TableEntry(Contact Peer, ulong SeenAt, int Failures);

/// <summary>The peers at one distance (those that share exactly so many first bits with this one).</summary>
/// <param name="Entries">Heard of longest ago first, at most k.</param>
/// <param name="Spares">Peers that answered while the bucket was full; the newest last.</param>
/// <param name="LookedUpAt">When something in its range was last looked up, unix milliseconds.</param>
/// <param name="IsChecking">Its oldest peer is asked for a sign of life.</param>
public sealed record Bucket(ImmutableArray<TableEntry> Entries, ImmutableArray<TableEntry> Spares, ulong LookedUpAt, bool IsChecking)
{
    internal static Bucket Empty { get; } = new([], [], 0, false);

    internal int IndexOf(PeerId peer) => IndexOf(Entries, peer);

    internal int SpareIndexOf(PeerId peer) => IndexOf(Spares, peer);

    /// <summary>An entry was heard of: it moves to the end.</summary>
    internal Bucket Seen(int index, Contact peer, ulong now)
    {
        var moved = ImmutableArray.CreateBuilder<TableEntry>(Entries.Length);
        moved.AddRange(Entries, index);
        for (var i = index + 1; i < Entries.Length; i++)
        {
            moved.Add(Entries[i]);
        }

        moved.Add(new TableEntry(peer, now, 0));
        return this with { Entries = moved.MoveToImmutable() };
    }

    /// <summary>How many of both lists belong to an operator, without one peer.</summary>
    internal int CountOperator(Address operatorAddress, PeerId except) =>
        Count(Entries, operatorAddress, except) + Count(Spares, operatorAddress, except);

    /// <summary>How many of both lists lie in an address block, without one peer.</summary>
    internal int CountBlock(AddressBlock block, PeerId except) => Count(Entries, block, except) + Count(Spares, block, except);

    private static int Count(ImmutableArray<TableEntry> entries, Address operatorAddress, PeerId except)
    {
        var count = 0;
        foreach (var entry in entries)
        {
            count += entry.Peer.Operator == operatorAddress && entry.Peer.Id != except ? 1 : 0;
        }

        return count;
    }

    private static int Count(ImmutableArray<TableEntry> entries, AddressBlock block, PeerId except)
    {
        var count = 0;
        foreach (var entry in entries)
        {
            count += entry.Peer.Block == block && entry.Peer.Id != except ? 1 : 0;
        }

        return count;
    }

    private static int IndexOf(ImmutableArray<TableEntry> entries, PeerId peer)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Peer.Id == peer)
            {
                return i;
            }
        }

        return -1;
    }
}
