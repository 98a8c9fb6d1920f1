using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>Which adverts a holder takes, and which it throws out for them.</summary>
internal static class AdvertAdmission
{
    /// <summary>
    /// Takes one advert: (1) its own content yields the key, its size and times are in bounds; (2) the highest sequence of a name counts;
    /// (3) an operator has so many under a key, its latest ones, and so many under all keys together; (4) a full key admits by stake, then by nearness of the operator's hash
    /// to the key; (5) a full store gives up the keys that are farthest from the holder.
    /// </summary>
    internal static StoreOutcome Take(Step step, DiscoveryKey key, VerifiedAdvert advert)
    {
        if (Refusal(advert, key, step.Now, step.Limits) is { } refusal)
        {
            return refusal;
        }

        var held = step.State.Store.At(key);
        var same = IndexOf(held, advert.Name);
        if (same >= 0)
        {
            return Replace(step, key, held, same, advert);
        }

        var living = Living(held, step.Now);
        var roomy = RoomForOperator(living, advert, step.Limits);
        var isOneMore = !roomy.IsDefault && roomy.Length == living.Length;
        if (roomy.IsDefault || (isOneMore && step.State.Store.Operators.GetValueOrDefault(advert.Name.Operator) >= step.Limits.OperatorPerStore))
        {
            return StoreOutcome.OperatorFull;
        }

        var kept = Insert(step, key, roomy, advert);
        return kept.IsDefault || !MakeRoom(step, key, kept.Length - held.Length, advert.Bytes) ? StoreOutcome.Full : Keep(step, key, kept);
    }

    /// <summary>Why nobody should keep or believe it under this key now; null when it is good.</summary>
    internal static StoreOutcome? Refusal(VerifiedAdvert advert, DiscoveryKey key, ulong now, DiscoveryLimits limits)
    {
        if (advert.Bytes > VerifiedAdvert.MaxBytes)
        {
            return StoreOutcome.TooLarge;
        }

        if (advert.ExpiresAt <= now || advert.IssuedAt > now + limits.ClockSkewMilliseconds
            || advert.ExpiresAt < advert.IssuedAt || advert.ExpiresAt - advert.IssuedAt > limits.MaxLifeMilliseconds)
        {
            return StoreOutcome.BadTime;
        }

        return advert.Yields(key) ? null : StoreOutcome.ForeignKey;
    }

    /// <summary>Less than zero when the first is admitted before the second.</summary>
    internal static int Compare(DiscoveryState state, DiscoveryKey key, VerifiedAdvert left, VerifiedAdvert right)
    {
        var byStake = StakeOf(state, right).CompareTo(StakeOf(state, left));
        if (byStake != 0)
        {
            return byStake;
        }

        var byNearness = (left.OperatorHash ^ key.Value).CompareTo(right.OperatorHash ^ key.Value);
        return byNearness != 0 ? byNearness : left.Name.CompareTo(right.Name);
    }

    internal static ImmutableArray<VerifiedAdvert> Living(ImmutableArray<VerifiedAdvert> adverts, ulong now)
    {
        foreach (var advert in adverts)
        {
            if (advert.ExpiresAt <= now)
            {
                return adverts.RemoveAll(other => other.ExpiresAt <= now);
            }
        }

        return adverts;
    }

    private static StoreOutcome Replace(Step step, DiscoveryKey key, ImmutableArray<VerifiedAdvert> held, int at, VerifiedAdvert advert)
    {
        if (advert.Sequence < held[at].Sequence)
        {
            return StoreOutcome.Outdated;
        }

        if (advert.Sequence == held[at].Sequence)
        {
            return StoreOutcome.Known;
        }

        return MakeRoom(step, key, 0, advert.Bytes - held[at].Bytes) ? Keep(step, key, held.SetItem(at, advert)) : StoreOutcome.Full;
    }

    private static StoreOutcome Keep(Step step, DiscoveryKey key, ImmutableArray<VerifiedAdvert> adverts)
    {
        step.State = step.State with { Store = step.State.Store.With(key, adverts, step.State.Table.Self.Value) };
        return StoreOutcome.Kept;
    }

    // Of an operator that has its share the advert that was issued first goes, when it was issued before the new one; default when none may.
    private static ImmutableArray<VerifiedAdvert> RoomForOperator(ImmutableArray<VerifiedAdvert> held, VerifiedAdvert advert, DiscoveryLimits limits)
    {
        int count = 0, first = -1;
        for (var i = 0; i < held.Length; i++)
        {
            if (held[i].Name.Operator == advert.Name.Operator)
            {
                count++;
                first = first < 0 || held[i].IssuedAt < held[first].IssuedAt ? i : first;
            }
        }

        if (count < limits.OperatorPerKey)
        {
            return held;
        }

        return held[first].IssuedAt < advert.IssuedAt ? held.RemoveAt(first) : default;
    }

    private static ImmutableArray<VerifiedAdvert> Insert(Step step, DiscoveryKey key, ImmutableArray<VerifiedAdvert> held, VerifiedAdvert advert)
    {
        var at = 0;
        while (at < held.Length && Compare(step.State, key, held[at], advert) < 0)
        {
            at++;
        }

        if (held.Length < step.Limits.AdvertsPerKey)
        {
            return held.Insert(at, advert);
        }

        return at >= step.Limits.AdvertsPerKey ? default : held.RemoveAt(held.Length - 1).Insert(at, advert);
    }

    // The farthest keys go, one after the other, while they are farther than this one.
    private static bool MakeRoom(Step step, DiscoveryKey key, int more, int bytes)
    {
        var self = step.State.Table.Self.Value;
        while (step.State.Store.Count + more > step.Limits.MaxStored || step.State.Store.Bytes + bytes > step.Limits.MaxStoredBytes)
        {
            var farthest = step.State.Store.Distances.Max;
            if (farthest <= (key.Value ^ self))
            {
                return false;
            }

            step.State = step.State with { Store = step.State.Store.With(new DiscoveryKey(farthest ^ self), [], self) };
        }

        return true;
    }

    private static int IndexOf(ImmutableArray<VerifiedAdvert> adverts, AdvertName name)
    {
        for (var i = 0; i < adverts.Length; i++)
        {
            if (adverts[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private static TokenAmount StakeOf(DiscoveryState state, VerifiedAdvert advert) => state.Stakes.GetValueOrDefault(advert.Name.Operator);
}
