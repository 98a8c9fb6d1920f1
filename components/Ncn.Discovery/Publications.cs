using System.Collections.Immutable;

namespace Ncn.Discovery;

/// <summary>What this peer advertises.</summary>
/// <param name="Adverts">The newest of each name.</param>
/// <param name="Keys">Where each is to be kept, and how far that is.</param>
public sealed record OwnAdverts(
    ImmutableSortedDictionary<AdvertName, VerifiedAdvert> Adverts, ImmutableSortedDictionary<DiscoveryKey, OwnKey> Keys)
{
    /// <summary>Nothing is advertised.</summary>
    public static OwnAdverts None { get; } = new(
        ImmutableSortedDictionary<AdvertName, VerifiedAdvert>.Empty, ImmutableSortedDictionary<DiscoveryKey, OwnKey>.Empty);

    /// <summary>No key is due before, unix milliseconds.</summary>
    internal ulong DueAt { get; init; } = ulong.MaxValue;
}

/// <summary>A key of own adverts.</summary>
/// <param name="DueAt">When they are stored (again), unix milliseconds.</param>
/// <param name="IsSeeking">Holders are looked up.</param>
/// <param name="Holders">The nearest peers that were offered the adverts, nearest first.</param>
/// <param name="HoldersAt">When they were looked up, unix milliseconds.</param>
/// <param name="Waiting">Offers without an answer yet.</param>
public sealed record OwnKey(ulong DueAt, bool IsSeeking, ImmutableArray<Contact> Holders, ulong HoldersAt, int Waiting, int Kept, int Refused, int Silent)
{
    internal static OwnKey DueFrom(ulong now) => new(now, false, [], 0, 0, 0, 0, 0);
}

/// <summary>How own adverts get to their holders: looked up, offered, offered again before they can be lost to churn.</summary>
internal static class Publications
{
    internal static void Publish(Step step, VerifiedAdvert advert)
    {
        if (Refusal(step, advert) is { } reason)
        {
            step.Outputs.Add(new DiscoveryOutput.Rejected(advert.Name, reason));
            return;
        }

        SetOwn(step, step.State.Own.Adverts.SetItem(advert.Name, advert));
        foreach (var key in advert.Keys)
        {
            SetKey(step, key, step.State.Own.Keys.TryGetValue(key, out var own) ? own with { DueAt = step.Now } : OwnKey.DueFrom(step.Now));
        }

        Start(step);
    }

    internal static void Withdraw(Step step, AdvertName name) => SetOwn(step, step.State.Own.Adverts.Remove(name));

    /// <summary>Own adverts that have expired are not offered any more.</summary>
    internal static void Sweep(Step step)
    {
        var living = step.State.Own.Adverts.RemoveRange(step.State.Own.Adverts
            .Where(entry => entry.Value.ExpiresAt <= step.Now).Select(static entry => entry.Key));
        if (living.Count != step.State.Own.Adverts.Count)
        {
            SetOwn(step, living);
        }
    }

    /// <summary>Begins what is due: straight to holders that are known from a short while ago, by a lookup otherwise.</summary>
    internal static void Start(Step step)
    {
        var seeking = 0;
        foreach (var own in step.State.Own.Keys.Values)
        {
            seeking += own.IsSeeking ? 1 : 0;
        }

        foreach (var (key, own) in step.State.Own.Keys)
        {
            if (own.DueAt > step.Now || own.IsSeeking)
            {
                continue;
            }

            if (own.Holders.Length > 0 && own.HoldersAt + step.Limits.HoldersMilliseconds > step.Now)
            {
                Send(step, key, own, own.Holders);
            }
            else if (seeking < step.Limits.MaxOwnLookups)
            {
                seeking++;
                SetKey(step, key, own with { IsSeeking = true, DueAt = ulong.MaxValue });
                LookupSteps.Start(step, new LookupGoal.Publish(key), key.Value, null, []);
            }
        }

        SetDue(step);
    }

    /// <summary>A lookup has found the key's holders.</summary>
    internal static void Offer(Step step, DiscoveryKey key, ImmutableArray<Contact> closest)
    {
        if (!step.State.Own.Keys.TryGetValue(key, out var own))
        {
            return;
        }

        Send(step, key, own with { IsSeeking = false, HoldersAt = step.Now, Holders = closest }, closest);
        step.HasFreeLookup = true;
    }

    /// <summary>A newcomer is nearer to an own key than the farthest holder, or there are not enough: it gets the adverts at once.</summary>
    internal static void Welcome(Step step, Contact newcomer)
    {
        foreach (var (key, own) in step.State.Own.Keys)
        {
            var distance = newcomer.Id.Value ^ key.Value;
            var isHolder = own.Holders.Any(holder => holder.Id == newcomer.Id);
            if (!isHolder && !own.IsSeeking
                && (own.Holders.Length < step.Limits.BucketSize || distance < (own.Holders[^1].Id.Value ^ key.Value)))
            {
                var holders = own.Holders.Add(newcomer).Sort(new ByDistance(key.Value));
                SetKey(step, key, own with { Holders = holders.Length > step.Limits.BucketSize ? holders.RemoveAt(holders.Length - 1) : holders });
                SendTo(step, key, newcomer);
            }
        }
    }

    internal static void Answered(Step step, DiscoveryKey key, DiscoveryAnswer.Stored stored)
    {
        var isKept = stored.Outcomes.All(static outcome => outcome is StoreOutcome.Kept or StoreOutcome.Known);
        Count(step, key, own => isKept ? own with { Kept = own.Kept + 1 } : own with { Refused = own.Refused + 1 });
    }

    // Somebody else is to have it: the next time the holders are looked up anew.
    internal static void Failed(Step step, DiscoveryKey key) =>
        Count(step, key, static own => own with { Silent = own.Silent + 1, HoldersAt = 0 });

    private static StoreOutcome? Refusal(Step step, VerifiedAdvert advert)
    {
        if (AdvertAdmission.Refusal(advert, advert.Keys[0], step.Now, step.Limits) is { } refusal)
        {
            return refusal;
        }

        if (step.State.Own.Adverts.TryGetValue(advert.Name, out var known))
        {
            return known.Sequence > advert.Sequence ? StoreOutcome.Outdated : null;
        }

        return step.State.Own.Adverts.Count >= step.Limits.MaxOwn ? StoreOutcome.Full : null;
    }

    private static void SetOwn(Step step, ImmutableSortedDictionary<AdvertName, VerifiedAdvert> adverts)
    {
        var own = step.State.Own;
        var orphans = own.Keys.Keys.Where(key => !adverts.Values.Any(advert => advert.Yields(key)));
        step.State = step.State with { Own = own with { Adverts = adverts, Keys = own.Keys.RemoveRange(orphans) } };
    }

    private static void SetKey(Step step, DiscoveryKey key, OwnKey own) =>
        step.State = step.State with { Own = step.State.Own with { Keys = step.State.Own.Keys.SetItem(key, own) } };

    private static void SetDue(Step step)
    {
        var due = ulong.MaxValue;
        foreach (var own in step.State.Own.Keys.Values)
        {
            // What is due and waits for its turn begins when a lookup ends.
            due = own.IsSeeking || own.DueAt <= step.Now ? due : Math.Min(due, own.DueAt);
        }

        step.State = step.State with { Own = step.State.Own with { DueAt = due } };
    }

    private static void Send(Step step, DiscoveryKey key, OwnKey own, ImmutableArray<Contact> holders)
    {
        var wait = holders.IsEmpty ? step.Limits.UpkeepMilliseconds : step.Limits.RepublishMilliseconds;
        SetKey(step, key, own with { DueAt = step.Now + step.Jittered(wait), Waiting = 0, Kept = 0, Refused = 0, Silent = 0 });
        KeepOwn(step, key, holders);
        foreach (var holder in holders)
        {
            SendTo(step, key, holder);
        }

        if (holders.IsEmpty)
        {
            Report(step, key, step.State.Own.Keys[key]);
        }
    }

    // This peer is a holder too when it is as near as the others are.
    private static void KeepOwn(Step step, DiscoveryKey key, ImmutableArray<Contact> holders)
    {
        var isNear = holders.Length < step.Limits.BucketSize
            || (step.State.Table.Self.Value ^ key.Value) < (holders[^1].Id.Value ^ key.Value);
        if (isNear)
        {
            foreach (var advert in Adverts(step, key))
            {
                AdvertAdmission.Take(step, key, advert);
            }

            SetKey(step, key, step.State.Own.Keys[key] with { Kept = 1 });
        }
    }

    private static void SendTo(Step step, DiscoveryKey key, Contact holder)
    {
        var page = ImmutableArray.CreateBuilder<VerifiedAdvert>();
        var bytes = 0;
        foreach (var advert in Adverts(step, key))
        {
            if (bytes + advert.Bytes > step.Limits.AnswerBytes)
            {
                Store(step, key, holder, page.DrainToImmutable());
                bytes = 0;
            }

            page.Add(advert);
            bytes += advert.Bytes;
        }

        Store(step, key, holder, page.DrainToImmutable());
    }

    private static void Store(Step step, DiscoveryKey key, Contact holder, ImmutableArray<VerifiedAdvert> adverts)
    {
        step.Send(holder, new DiscoveryRequest.Store(key, adverts), new RpcPurpose.Offer(key));
        var own = step.State.Own.Keys[key];
        SetKey(step, key, own with { Waiting = own.Waiting + 1 });
    }

    private static IEnumerable<VerifiedAdvert> Adverts(Step step, DiscoveryKey key) =>
        step.State.Own.Adverts.Values.Where(advert => advert.Yields(key) && advert.ExpiresAt > step.Now);

    private static void Count(Step step, DiscoveryKey key, Func<OwnKey, OwnKey> count)
    {
        if (!step.State.Own.Keys.TryGetValue(key, out var own) || own.Waiting == 0)
        {
            return;
        }

        var counted = count(own with { Waiting = own.Waiting - 1 });
        SetKey(step, key, counted);
        if (counted.Waiting == 0)
        {
            Report(step, key, counted);
        }
    }

    private static void Report(Step step, DiscoveryKey key, OwnKey own) =>
        step.Outputs.Add(new DiscoveryOutput.Published(key, own.Kept, own.Refused, own.Silent));
}
