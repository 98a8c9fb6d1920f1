using System.Collections.Immutable;
using Ncn.Discovery;
using Ncn.Simulation.Actors;

namespace Ncn.Simulation.Invariants;

/// <summary>Which adverts a peer may keep, give and believe.</summary>
internal static class AdvertInvariants
{
    private static readonly DiscoveryLimits Limits = Bounds.Discovery;

    internal static void CheckStore(AdvertStore before, AdvertStore after)
    {
        var (count, bytes) = (0, 0L);
        foreach (var (key, adverts) in after.Slots)
        {
            count += adverts.Length;
            bytes += adverts.Sum(static advert => (long)advert.Bytes);
            var old = before.At(key);
            if (old != adverts)
            {
                CheckSlot(key, old, adverts);
            }
        }

        Must.Hold(count == after.Count && bytes == after.Bytes && after.Distances.Count == after.Slots.Count, "a store's books are right", () => $"{count} adverts of {bytes} bytes, {after.Count} of {after.Bytes} in the books");
        Must.Hold(count <= Limits.MaxStored && bytes <= Limits.MaxStoredBytes, "a store is bounded", () => $"{count} adverts of {bytes} bytes");
    }

    internal static void CheckAnswer(DiscoveryInput.Request asked, DiscoveryAnswer answer)
    {
        var closest = answer switch
        {
            DiscoveryAnswer.Peers peers => peers.Closest,
            DiscoveryAnswer.Adverts adverts => adverts.Closest,
            _ => [],
        };
        Must.Hold(closest.Length <= Limits.BucketSize && closest.All(peer => peer.Record.Message.ExpiresAt > asked.Now), "an answer names few, and none whose record has expired", () => string.Join("; ", closest));
        if (answer is DiscoveryAnswer.Adverts { Found: var found })
        {
            var key = ((DiscoveryRequest.FindAdverts)asked.Body).Key;
            Must.Hold(found.All(advert => advert.ExpiresAt > asked.Now), "an expired advert is never answered", () => $"{found.Count(advert => advert.ExpiresAt <= asked.Now)} under {key}");
            Must.Hold(found.All(advert => advert.Yields(key)), "an advert is under keys that it yields only", () => $"an answer for {key}");
            Must.Hold(found.Sum(static advert => advert.Bytes) <= Limits.AnswerBytes, "an answer has bounded size", () => $"{found.Length} adverts");
        }
    }

    internal static void CheckFound(ulong now, DiscoveryOutput.Found found)
    {
        Must.Hold(found.Effort.Requests <= Limits.MaxRequests && found.Adverts.Length <= Limits.MaxFound, "a lookup's work is bounded", () => $"{found.Effort}");
        Must.Hold(found.Adverts.All(advert => advert.ExpiresAt > now), "an expired advert is never believed", () => $"lookup {found.LookupId}");
        Must.Hold(found.Adverts.Select(static advert => advert.Name).Distinct().Count() == found.Adverts.Length, "of each name one advert is found", () => $"lookup {found.LookupId}");
        Must.Hold(
            found.Closest.GroupBy(static peer => peer.Operator).All(static group => group.Count() <= Limits.OperatorPerBucket)
            && found.Closest.Where(static peer => !peer.Block.IsExempt).GroupBy(static peer => peer.Block).All(static group => group.Count() <= Limits.BlockPerBucket),
            "nobody has more than its share of a key's holders", () => string.Join("; ", found.Closest));
    }

    private static void CheckSlot(DiscoveryKey key, ImmutableArray<VerifiedAdvert> before, ImmutableArray<VerifiedAdvert> after)
    {
        Must.Hold(after.All(advert => advert.Yields(key)), "an advert is under keys that it yields only", () => $"kept under {key}");
        Must.Hold(after.Length <= Limits.AdvertsPerKey && after.GroupBy(static advert => advert.Name.Operator).All(static group => group.Count() <= Limits.OperatorPerKey), "a key has room for so many, and for so many of an operator", () => $"{after.Length} under {key}");
        Must.Hold(after.All(static advert => advert.ExpiresAt - advert.IssuedAt <= Limits.MaxLifeMilliseconds), "no advert lives longer than it may", () => $"kept under {key}");
        foreach (var advert in after)
        {
            Must.Hold(!before.Any(old => old.Name == advert.Name && old.Sequence > advert.Sequence), "an older advert never takes a newer one's place", () => $"{advert.Name} under {key}");
            Must.Hold(after.Count(other => other.Name == advert.Name) == 1, "a name is under a key once", () => $"{advert.Name} under {key}");
        }
    }
}
