using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>A search for the peers nearest to a place, and for what they keep there.</summary>
/// <param name="Number">The core's own.</param>
/// <param name="Goal">Who wants it.</param>
/// <param name="Target">The place.</param>
/// <param name="Key">The key when adverts are wanted; null when peers are.</param>
/// <param name="Paths">Each with its own view, so that one poisoned answer spoils one path only (S/Kademlia; Baumgart and Mies, 2007).</param>
/// <param name="Asked">Everybody that was asked, by whichever path came first.</param>
/// <param name="Found">Adverts so far, the newest of each name.</param>
public sealed record Lookup(
    ulong Number, LookupGoal Goal, Hash32 Target, DiscoveryKey? Key, ImmutableArray<LookupPath> Paths,
    ImmutableDictionary<AskKey, Asked> Asked, ImmutableSortedDictionary<AdvertName, VerifiedAdvert> Found)
{
    /// <summary>The round of the answer that ended it; 0 while nothing did before its paths.</summary>
    internal int EndedInRound { get; init; }

    /// <summary>Requests sent, pages counted.</summary>
    public int Requests { get; init; }

    /// <summary>Requests without an answer.</summary>
    public int Failures { get; init; }
}

/// <summary>Whom a path knows, nearest first, at most three times k.</summary>
public sealed record LookupPath(ImmutableArray<Candidate> Shortlist)
{
    /// <summary>Requests of this path that are waited for.</summary>
    internal int InFlight { get; init; }
}

/// <summary>A peer that a path has heard of.</summary>
/// <param name="Distance">From the target.</param>
/// <param name="Round">1 for those that were known at the start, one more with each answer in between.</param>
/// <param name="Source">Who named it; null for those that were known at the start.</param>
public sealed record Candidate(Contact Peer, Hash32 Distance, int Round, AskKey? Source)
{
    internal AskKey Key => Peer.Key;
}

/// <summary>Whom a question goes to. The operator is part of it: a forged record of another operator hides nobody.</summary>
public readonly struct AskKey : IEquatable<AskKey>
{
    private readonly int _hash;

    internal AskKey(PeerId peer, Address operatorAddress) => (Peer, Operator, _hash) = (peer, operatorAddress, HashCode.Combine(peer, operatorAddress));

    /// <summary>Who.</summary>
    public PeerId Peer { get; }

    /// <summary>Vouched for by whom.</summary>
    public Address Operator { get; }

    public bool Equals(AskKey other) => _hash == other._hash && Peer == other.Peer && Operator == other.Operator;

    public override bool Equals(object? obj) => obj is AskKey other && Equals(other);

    // Computed once: a lookup asks for it often.
    public override int GetHashCode() => _hash;

    public static bool operator ==(AskKey left, AskKey right) => left.Equals(right);

    public static bool operator !=(AskKey left, AskKey right) => !left.Equals(right);
}

/// <summary>How it goes with a peer that was asked.</summary>
public enum AskPhase
{
    /// <summary>No answer yet.</summary>
    Waiting,

    /// <summary>No answer for long: the lookup goes on without it, and would still take one.</summary>
    Late,

    /// <summary>It answered.</summary>
    Answered,

    /// <summary>It did not.</summary>
    Failed,
}

/// <summary>A peer that was asked.</summary>
/// <param name="Peer">With the block of its address once it answered.</param>
/// <param name="Round">See <see cref="Candidate"/>.</param>
/// <param name="Source">Who named it.</param>
/// <param name="Pages">Answers that were asked of it.</param>
/// <param name="Silent">Peers that it named and that did not answer.</param>
/// <param name="Vouched">Peers that it named and that did.</param>
public sealed record Asked(AskPhase Phase, Contact Peer, int Round, AskKey? Source, int Pages, int Silent, int Vouched);

/// <summary>Who wants a lookup.</summary>
public abstract record LookupGoal
{
    private LookupGoal()
    {
    }

    /// <summary>The shell.</summary>
    /// <param name="LookupId">Its number.</param>
    /// <param name="Enough">Ends with so many adverts; 0 for all.</param>
    internal sealed record Caller(ulong LookupId, int Enough) : LookupGoal;

    /// <summary>A bucket, or the own neighbourhood, gets to know peers.</summary>
    internal sealed record Refresh(bool IsJoin) : LookupGoal;

    /// <summary>Own adverts look for their holders.</summary>
    internal sealed record Publish(DiscoveryKey Key) : LookupGoal;
}
