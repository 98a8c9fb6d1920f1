using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Admission;

/// <summary>A request that wants to run.</summary>
/// <param name="Id">Its number, given once.</param>
/// <param name="Payer">Who shares fairly with others: a payer's address, or what the shell makes of a caller that pays nothing.</param>
/// <param name="Fee">The most that it brings, atomic units.</param>
/// <param name="Work">How much it asks for: tokens or rows, at least 1.</param>
/// <param name="Slots">How many places it takes while it runs, at least 1.</param>
/// <param name="Priority">Its rank among its own payer's requests: higher goes first. It moves nobody else's.</param>
/// <param name="ArrivedAt">Unix milliseconds.</param>
/// <param name="Until">Unix milliseconds; from then on it is not let in any more.</param>
public sealed record Applicant(ulong Id, Address Payer, TokenAmount Fee, ulong Work, int Slots, int Priority, ulong ArrivedAt, ulong Until)
{
    private const uint RateUnits = 1024;

    /// <summary>What it brings for its work: 1,024ths of an atomic unit for each token or row.</summary>
    public UInt128 Rate => UInt128.Min(Fee.Units, ulong.MaxValue) * RateUnits / Work;

    internal static IComparer<Applicant> FirstToLast { get; } = Comparer<Applicant>.Create(static (left, right) =>
        right.Priority.CompareTo(left.Priority) is not 0 and var byPriority ? byPriority
        : right.Rate.CompareTo(left.Rate) is not 0 and var byRate ? byRate
        : left.ArrivedAt.CompareTo(right.ArrivedAt) is not 0 and var byAge ? byAge
        : left.Id.CompareTo(right.Id));
}

/// <summary>Limits of one queue.</summary>
public sealed record FairQueueLimits
{
    /// <summary>Requests that wait at most: 0 to 1,000,000.</summary>
    public int MaxWaiting { get; init; } = 2048;

    /// <summary>Requests of one payer that wait at most.</summary>
    public int MaxWaitingPerPayer { get; init; } = 512;

    /// <summary>Places that one payer's requests take at most. A request that is wider than that runs alone.</summary>
    public int MaxSlotsPerPayer { get; init; } = 512;

    /// <summary>Work that a payer is given at each visit, tokens or rows: at least 1.</summary>
    public ulong Quantum { get; init; } = 1024;

    /// <summary>Work above this counts as this: bounds the visits until a request is let in.</summary>
    public ulong MaxWork { get; init; } = 16 * 1024;

    /// <summary>How much more than the least a well-paid request's payer is given at each visit, at most: a factor.</summary>
    public uint MaxWeight { get; init; } = 8;
}

/// <summary>What one payer has running and waiting.</summary>
/// <param name="Slots">Places that its running requests take.</param>
/// <param name="Waiting">First to last.</param>
/// <param name="Deficit">Work that it was given and has not used.</param>
/// <param name="IsVisited">It has been given its work for the visit that goes on.</param>
public sealed record PayerShare(int Slots, ImmutableSortedSet<Applicant> Waiting, ulong Deficit, bool IsVisited)
{
    internal static PayerShare None { get; } = new(0, ImmutableSortedSet.Create(Applicant.FirstToLast), 0, false);
}

/// <summary>A queue before the nodes of one model.</summary>
/// <param name="Capacity">Places that there are.</param>
/// <param name="Slots">Places that are taken.</param>
/// <param name="Waiting">Requests that wait.</param>
/// <param name="Payers">Everybody who has something running or waiting.</param>
/// <param name="Turns">Payers with something waiting, the next to be visited first.</param>
/// <param name="BaseRate">The lowest rate that came since the queue was last empty.</param>
/// <param name="NextExpiry">Unix milliseconds: nothing that waits expires before.</param>
/// <param name="PaceMilliseconds">The time between two ends, a moving average.</param>
/// <param name="LastEndAt">Unix milliseconds of the last end; 0 before the first.</param>
public sealed record FairQueueState(
    int Capacity, int Slots, int Waiting, ImmutableDictionary<Address, PayerShare> Payers, ImmutableList<Address> Turns, UInt128 BaseRate,
    ulong NextExpiry, ulong PaceMilliseconds, ulong LastEndAt)
{
    private const ulong MostRetrySeconds = 60;

    /// <summary>An empty queue before so many places.</summary>
    public static FairQueueState Empty(int capacity) => new(
        capacity, 0, 0, ImmutableDictionary<Address, PayerShare>.Empty, [], UInt128.MaxValue, ulong.MaxValue, 0, 0);

    /// <summary>Requests of a payer that are let in or wait.</summary>
    public int CountOf(Address payer) => Payers.TryGetValue(payer, out var share) ? share.Slots + share.Waiting.Count : 0;

    /// <summary>When a repeat is worth while, whole seconds from 1 to 60: as long as what waits now needs at the pace of late.</summary>
    public int RetryAfterSeconds => (int)Math.Clamp((((ulong)Waiting * PaceMilliseconds) + 999) / 1000, 1, MostRetrySeconds);

    internal PayerShare ShareOf(Address payer) => Payers.GetValueOrDefault(payer, PayerShare.None);

    internal FairQueueState With(Address payer, PayerShare share) =>
        this with { Payers = share is { Slots: 0, Waiting.IsEmpty: true } ? Payers.Remove(payer) : Payers.SetItem(payer, share) };
}
