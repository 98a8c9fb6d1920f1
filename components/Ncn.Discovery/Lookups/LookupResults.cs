using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>What a lookup gathers, and what becomes of it at its end.</summary>
internal static class LookupResults
{
    /// <summary>Takes the adverts of an answer that nobody could forge: the right key, in time, the newest of each name.</summary>
    internal static Lookup Gather(Step step, Lookup lookup, DiscoveryKey key, ImmutableArray<VerifiedAdvert> adverts)
    {
        var found = lookup.Found;
        foreach (var advert in adverts.AsSpan()[..Math.Min(adverts.Length, step.Limits.AdvertsPerKey)])
        {
            if (AdvertAdmission.Refusal(advert, key, step.Now, step.Limits) is not null)
            {
                continue;
            }

            var isKnown = found.TryGetValue(advert.Name, out var known);
            if (isKnown ? known!.Sequence < advert.Sequence : found.Count < step.Limits.MaxFound)
            {
                found = found.SetItem(advert.Name, advert);
            }
        }

        return lookup with { Found = found };
    }

    /// <summary>What need not be sent again.</summary>
    internal static ImmutableArray<Hash32> KnownIds(Lookup lookup, DiscoveryLimits limits) =>
        [.. lookup.Found.Values.Take(2 * limits.AdvertsPerKey).Select(static advert => advert.Id)];

    internal static void End(Step step, Lookup lookup)
    {
        step.State = step.State with { Lookups = step.State.Lookups.Remove(lookup.Number) };
        switch (lookup.Goal)
        {
            case not LookupGoal.Caller when step.State.IsLeaving:
                break;
            case LookupGoal.Caller caller:
                step.Outputs.Add(new DiscoveryOutput.Found(caller.LookupId, Adverts(step, lookup), Closest(step, lookup), Effort(step, lookup)));
                break;
            case LookupGoal.Refresh:
                step.HasFreeLookup = true;
                break;
            case LookupGoal.Publish publish:
                Publications.Offer(step, publish.Key, Closest(step, lookup));
                break;
            default:
                throw new InvalidOperationException($"A lookup has the unknown goal {lookup.Goal.GetType().Name}.");
        }
    }

    private static ImmutableArray<VerifiedAdvert> Adverts(Step step, Lookup lookup)
    {
        if (lookup.Key is not { } key)
        {
            return [];
        }

        var living = lookup.Found.Values.Where(advert => advert.ExpiresAt > step.Now).ToList();
        living.Sort((left, right) => AdvertAdmission.Compare(step.State, key, left, right));
        return [.. living];
    }

    // Of each operator and address block no more than its share: ids can be ground, so many of one party next to a key are no accident.
    private static ImmutableArray<Contact> Closest(Step step, Lookup lookup)
    {
        var shares = new Shares(step.Limits);
        return [.. Answerers(lookup).Select(static asked => asked.Peer).Where(shares.Take).Take(step.Limits.BucketSize)];
    }

    private static LookupEffort Effort(Step step, Lookup lookup)
    {
        var rounds = lookup.EndedInRound > 0
            ? lookup.EndedInRound
            : Answerers(lookup).Take(step.Limits.BucketSize).Select(static asked => asked.Round).DefaultIfEmpty(0).Max();
        return new LookupEffort(rounds, lookup.Requests, lookup.Failures);
    }

    private static IEnumerable<Asked> Answerers(Lookup lookup) => lookup.Asked.Values
        .Where(static asked => asked.Phase == AskPhase.Answered)
        .OrderBy(asked => asked.Peer.Id.Value ^ lookup.Target);
}
