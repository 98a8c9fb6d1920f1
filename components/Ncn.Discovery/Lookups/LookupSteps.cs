using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Discovery;

/// <summary>Iterative lookups over disjoint paths (Kademlia, section 2.3; S/Kademlia, section 4.4).</summary>
/// <remarks>
/// (1) The nearest known peers are dealt out to the paths. (2) Each path asks the nearest of its k nearest candidates, α at a time;
/// whoever was asked by one path is not asked by another. (3) What an answer names is a candidate of the path that asked alone. (4) A
/// path ends when its k nearest candidates have answered; those that failed, that are late, or that were named by a peer all of
/// whose others are silent do not count. (5) The lookup ends with its paths, or when enough was found.
/// </remarks>
internal static class LookupSteps
{
    internal static void Start(Step step, LookupGoal goal, Hash32 target, DiscoveryKey? key, ImmutableArray<Contact> through)
    {
        var seeds = Seeds(step, target, through);
        var most = goal is LookupGoal.Refresh { IsJoin: false } ? 1 : step.Limits.Paths;
        var paths = Math.Clamp(seeds.Count, 1, most);
        var lookup = new Lookup(
            step.NextNumber(), goal, target, key, [.. Enumerable.Range(0, paths).Select(path => Path(seeds, path, paths, target))],
            ImmutableDictionary<AskKey, Asked>.Empty, ImmutableSortedDictionary<AdvertName, VerifiedAdvert>.Empty);
        Touch(step, target);
        Advance(step, key is { } wanted ? LookupResults.Gather(step, lookup, wanted, step.State.Store.At(wanted)) : lookup);
    }

    internal static void Answered(Step step, RpcPurpose.Ask ask, Contact asked, Contact peer, DiscoveryAnswer body)
    {
        if (!step.State.Lookups.TryGetValue(ask.Lookup, out var lookup))
        {
            return;
        }

        if (peer.Operator != asked.Operator)
        {
            // The record that named it was another operator's claim to it.
            Failed(step, ask, asked);
            return;
        }

        var before = lookup.Asked[asked.Key];
        lookup = Landed(lookup, ask.Path, asked, before with { Phase = AskPhase.Answered, Peer = peer });
        lookup = Blame(lookup, before, isSilent: false);
        var (closest, page) = Content(body);
        lookup = Learn(step, lookup, ask.Path, closest, asked.Key, before.Round + 1);
        var known = lookup.Found.Count;
        if (lookup.Key is { } key && page is not null)
        {
            lookup = LookupResults.Gather(step, lookup, key, page.Found);
        }

        if (lookup.Goal is LookupGoal.Caller { Enough: > 0 } caller && lookup.Found.Count >= caller.Enough)
        {
            LookupResults.End(step, lookup with { EndedInRound = before.Round });
            return;
        }

        var isWorthAPage = page is { More: true } && lookup.Found.Count > known && before.Pages < step.Limits.MaxPages && lookup.Requests < step.Limits.MaxRequests;
        Advance(step, isWorthAPage ? Ask(step, lookup, ask.Path, lookup.Asked[asked.Key]) : lookup);
    }

    internal static void Failed(Step step, RpcPurpose.Ask ask, Contact asked)
    {
        if (step.State.Lookups.TryGetValue(ask.Lookup, out var lookup))
        {
            var before = lookup.Asked[asked.Key];
            lookup = Landed(lookup, ask.Path, asked, before with { Phase = AskPhase.Failed });
            lookup = before.Phase == AskPhase.Late ? lookup : Blame(lookup, before, isSilent: true);
            Advance(step, lookup with { Failures = lookup.Failures + 1 });
        }
    }

    internal static void Late(Step step, RpcPurpose.Ask ask, Contact asked)
    {
        if (step.State.Lookups.TryGetValue(ask.Lookup, out var lookup))
        {
            var before = lookup.Asked[asked.Key];
            lookup = Landed(lookup, ask.Path, asked, before with { Phase = AskPhase.Late });
            Advance(step, Blame(lookup, before, isSilent: true));
        }
    }

    private static List<Contact> Seeds(Step step, Hash32 target, ImmutableArray<Contact> through)
    {
        var seeds = step.State.Table.Nearest(target, step.Limits.BucketSize, step.Now, default);
        foreach (var peer in through)
        {
            if (peer.Id != step.State.Table.Self && !seeds.Exists(other => other.Id == peer.Id))
            {
                seeds.Add(peer);
            }
        }

        seeds.Sort(new ByDistance(target));
        return seeds;
    }

    private static LookupPath Path(List<Contact> seeds, int path, int paths, Hash32 target) => new([.. seeds
        .Where((_, at) => at % paths == path)
        .Select(seed => new Candidate(seed, seed.Id.Value ^ target, 1, null))]);

    private static void Touch(Step step, Hash32 target)
    {
        var index = step.State.Table.IndexOf(target);
        if (index < step.State.Table.Buckets.Length)
        {
            step.SetBucket(index, step.State.Table.Buckets[index] with { LookedUpAt = step.Now });
        }
    }

    private static (ImmutableArray<Contact> Closest, DiscoveryAnswer.Adverts? Page) Content(DiscoveryAnswer body) => body switch
    {
        DiscoveryAnswer.Peers peers => (peers.Closest, null),
        DiscoveryAnswer.Adverts adverts => (adverts.Closest, adverts),
        _ => ([], null),
    };

    private static Lookup Landed(Lookup lookup, int path, Contact asked, Asked now)
    {
        var wasWaiting = lookup.Asked[asked.Key].Phase == AskPhase.Waiting;
        return lookup with
        {
            Asked = lookup.Asked.SetItem(asked.Key, now),
            Paths = wasWaiting ? lookup.Paths.SetItem(path, lookup.Paths[path] with { InFlight = lookup.Paths[path].InFlight - 1 }) : lookup.Paths,
        };
    }

    private static Lookup Blame(Lookup lookup, Asked named, bool isSilent)
    {
        if (named.Source is not { } source || !lookup.Asked.TryGetValue(source, out var namer))
        {
            return lookup;
        }

        var judged = isSilent ? namer with { Silent = namer.Silent + 1 } : namer with { Vouched = namer.Vouched + 1 };
        return lookup with { Asked = lookup.Asked.SetItem(source, judged) };
    }

    private static Lookup Learn(Step step, Lookup lookup, int path, ImmutableArray<Contact> closest, AskKey source, int round)
    {
        var shortlist = lookup.Paths[path].Shortlist;
        List<Candidate>? news = null;
        foreach (var peer in closest.AsSpan()[..Math.Min(closest.Length, step.Limits.BucketSize)])
        {
            var distance = peer.Id.Value ^ lookup.Target;
            if (peer.Id != step.State.Table.Self && peer.ExpiresAt > step.Now && !Shortlist.Has(shortlist, distance, peer.Operator))
            {
                // What this peer knows at first hand goes before what it is told.
                var known = step.State.Table.Find(peer.Id)?.Peer ?? peer;
                (news ??= []).Add(new Candidate(known, distance, round, source));
            }
        }

        return news is null ? lookup : lookup with
        {
            Paths = lookup.Paths.SetItem(path, lookup.Paths[path] with { Shortlist = Shortlist.Merge(lookup, lookup.Paths[path], news, step.Limits) }),
        };
    }

    private static void Advance(Step step, Lookup lookup)
    {
        var isDone = true;
        for (var path = 0; path < lookup.Paths.Length; path++)
        {
            (lookup, var isPathDone) = AdvancePath(step, lookup, path);
            isDone &= isPathDone;
        }

        if (isDone)
        {
            LookupResults.End(step, lookup);
        }
        else
        {
            step.SetLookup(lookup);
        }
    }

    private static (Lookup Lookup, bool IsDone) AdvancePath(Step step, Lookup lookup, int path)
    {
        var (front, isDone, shares) = (0, true, new Shares(step.Limits));
        var size = lookup.Goal is LookupGoal.Refresh { IsJoin: false } ? (step.Limits.BucketSize + 1) / 2 : step.Limits.BucketSize;
        foreach (var candidate in lookup.Paths[path].Shortlist)
        {
            var phase = Shortlist.PhaseOf(lookup, candidate);
            if (phase is AskPhase.Failed or AskPhase.Late || (phase is null && IsDoubtful(step, lookup, candidate)))
            {
                continue;
            }

            // Where a peer's address lies is known when it has answered: one too many of a block does not count.
            if (phase == AskPhase.Answered && !shares.Take(lookup.Asked[candidate.Key].Peer))
            {
                continue;
            }

            isDone &= phase == AskPhase.Answered || (phase is null && lookup.Requests >= step.Limits.MaxRequests);
            if (phase is null)
            {
                if (lookup.Paths[path].InFlight >= step.Limits.Parallel || lookup.Requests >= step.Limits.MaxRequests)
                {
                    break;
                }

                lookup = Ask(step, lookup, path, new Asked(AskPhase.Waiting, candidate.Peer, candidate.Round, candidate.Source, 0, 0, 0));
            }

            if (++front == size)
            {
                break;
            }
        }

        return (lookup, isDone);
    }

    private static bool IsDoubtful(Step step, Lookup lookup, Candidate candidate) =>
        candidate.Source is { } source && lookup.Asked.TryGetValue(source, out var namer)
        && namer.Vouched == 0 && namer.Silent >= step.Limits.MaxSilentNamed;

    private static Lookup Ask(Step step, Lookup lookup, int path, Asked whom)
    {
        DiscoveryRequest body = lookup.Key is { } key
            ? new DiscoveryRequest.FindAdverts(key, LookupResults.KnownIds(lookup, step.Limits))
            : new DiscoveryRequest.FindPeers(lookup.Target);
        step.Send(whom.Peer, body, new RpcPurpose.Ask(lookup.Number, path));
        return lookup with
        {
            Requests = lookup.Requests + 1,
            Asked = lookup.Asked.SetItem(whom.Peer.Key, whom with { Phase = AskPhase.Waiting, Pages = whom.Pages + 1 }),
            Paths = lookup.Paths.SetItem(path, lookup.Paths[path] with { InFlight = lookup.Paths[path].InFlight + 1 }),
        };
    }
}
