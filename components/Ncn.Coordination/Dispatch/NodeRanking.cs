using System.Collections.Immutable;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Coordination.Dispatch;

/// <summary>Chooses the node for an attempt.</summary>
/// <remarks>
/// For each model in turn: 1. the offers that may run it and have room; 2. without the ejected ones, but never fewer than half, and of
/// those that are left without the ones that the subnet suspects to be dead, unless there are no others; 3. after the first output those
/// of its digest, unless there are none; 4. the client's order; 5. the client's sort; 6. the node that has seen the prompt's beginning,
/// unless it is loaded; 7. the better of two.
/// </remarks>
internal static class NodeRanking
{
    internal static DispatchOffer? Choose(DispatchState state, DispatchRun run, ulong now, ulong draw, DispatchRules rules)
    {
        foreach (var model in run.Query.Models)
        {
            if (run.HasOutput && model != run.Offer!.Name)
            {
                continue;
            }

            var eligible = Eligible(state, run, model, now, rules);
            if (eligible.Count > 0)
            {
                return Rank(state, run, Same(run, Unsuspected(Healthy(state, eligible, now))), draw, rules);
            }
        }

        return null;
    }

    /// <summary>
    /// What an attempt on the node is expected to cost in time: its latency, times what is before it, worse with each failure, with each
    /// broken word about its free slots, and while it is on probation.
    /// </summary>
    internal static ulong Load(DispatchState state, DispatchOffer offer)
    {
        var health = state.HealthOf(offer.Node.Operator);
        var used = (ulong)Math.Max(0, (int)offer.Node.Slots - state.FreeSlots(offer)) + offer.Queued;
        var ends = health.Successes + health.Failures + 1UL;
        var load = (FirstToken(state, offer) + 1_000) * (used + 1) * 16 / offer.Node.Slots * (ends + (4UL * health.Failures)) / ends;
        var trusted = load * CapacityScore.Full / Math.Max(1, state.CandourOf(offer));
        return offer.Standing == MemberStanding.Probation ? 2 * trusted : trusted;
    }

    private static List<DispatchOffer> Eligible(DispatchState state, DispatchRun run, string model, ulong now, DispatchRules rules)
    {
        var eligible = new List<DispatchOffer>();
        if (!state.Models.TryGetValue(model, out var offers))
        {
            return eligible;
        }

        foreach (var offer in offers)
        {
            if (MayRun(state, run, offer, now, rules))
            {
                eligible.Add(offer);
            }
        }

        return eligible;
    }

    private static List<DispatchOffer> Unsuspected(List<DispatchOffer> pool)
    {
        var live = pool.FindAll(static offer => offer.Standing != MemberStanding.Suspect);
        return live.Count > 0 ? live : pool;
    }

    // Another build of the model may go on with what the client has already, but not as exactly.
    private static List<DispatchOffer> Same(DispatchRun run, List<DispatchOffer> pool)
    {
        var same = run.HasOutput ? pool.FindAll(offer => offer.Offer.Digest == run.Offer!.Digest) : [];
        return same.Count > 0 ? same : pool;
    }

    private static bool MayRun(DispatchState state, DispatchRun run, DispatchOffer offer, ulong now, DispatchRules rules)
    {
        var (query, node) = (run.Query, offer.Node.Operator);
        return offer.Node.ExpiresAt > now
            && (query.Node is not { } pinned || pinned == node)
            && !run.RunsOn(node)
            && !(run.Failed.TryGetValue(node, out var sequence) && offer.Node.Sequence <= sequence)
            && !(run.BusyUntil.TryGetValue(node, out var until) && now < until)
            && state.HealthOf(node).BarredUntil <= now
            && state.FreeSlots(offer) > 0
            && !(run.HasOutput && offer.Offer.Version != run.Offer!.Version)
            && !(offer.Offer.Kind == ModelOffer.Decoder && query.CompletionTokens >= offer.Offer.ContextTokens)
            && offer.Offer.Price.Of(query.PromptTokens, query.CompletionTokens, query.Rows) <= query.MaxNodePrice
            && query.Preferences.Admits(node, offer.Offer, rules.MarginBasisPoints, offer.IsVerified);
    }

    // At most half are left out, those with the longest to go first: when everything fails, the fault may lie elsewhere.
    private static List<DispatchOffer> Healthy(DispatchState state, List<DispatchOffer> eligible, ulong now)
    {
        var healthy = eligible.FindAll(offer => state.HealthOf(offer.Node.Operator).EjectedUntil <= now);
        var least = (eligible.Count + 1) / 2;
        return healthy.Count >= least
            ? healthy
            : [.. eligible.OrderBy(offer => state.HealthOf(offer.Node.Operator).EjectedUntil is var until && until <= now ? 0 : until).Take(least)];
    }

    private static DispatchOffer Rank(DispatchState state, DispatchRun run, List<DispatchOffer> pool, ulong draw, DispatchRules rules)
    {
        var preferences = run.Query.Preferences;
        foreach (var node in preferences.Order)
        {
            if (pool.Find(offer => offer.Node.Operator == node) is { } wanted)
            {
                return wanted;
            }
        }

        return preferences.Sort switch
        {
            RoutingSort.Price => Least(pool, offer => offer.Offer.Price.Of(run.Query.PromptTokens, run.Query.CompletionTokens, run.Query.Rows).Units, state),
            RoutingSort.Latency => Least(pool, offer => FirstToken(state, offer), state),
            RoutingSort.Throughput => Least(pool, offer => PerToken(state, offer), state),
            _ => Balanced(state, run.Query.Prefixes, pool, draw, rules),
        };
    }

    private static DispatchOffer Least(List<DispatchOffer> pool, Func<DispatchOffer, UInt128> key, DispatchState state) =>
        pool.MinBy(offer => (key(offer), Load(state, offer)))!;

    private static DispatchOffer Balanced(
        DispatchState state, ImmutableArray<ulong> prefixes, List<DispatchOffer> pool, ulong draw, DispatchRules rules)
    {
        var better = BetterOfTwo(state, pool, draw);
        foreach (var prefix in prefixes)
        {
            if (state.Affinity.Find(prefix) is { } seen && pool.Find(offer => offer.Node.Operator == seen) is { } warm)
            {
                return IsLoaded(state, warm, rules) || Load(state, warm) > 4 * Load(state, better) ? better : warm;
            }
        }

        return better;
    }

    private static bool IsLoaded(DispatchState state, DispatchOffer offer, DispatchRules rules) =>
        (ulong)Math.Max(0, (int)offer.Node.Slots - state.FreeSlots(offer)) * 100 >= rules.AffinityLoad * offer.Node.Slots || offer.Queued > 0;

    // Two different ones (Mitzenmacher, 2001): the second draw skips the first one's place.
    private static DispatchOffer BetterOfTwo(DispatchState state, List<DispatchOffer> pool, ulong draw)
    {
        var first = (int)((draw >> 32) % (uint)pool.Count);
        if (pool.Count == 1)
        {
            return pool[0];
        }

        var second = (int)((draw & uint.MaxValue) % (uint)(pool.Count - 1));
        second += second >= first ? 1 : 0;
        return Load(state, pool[second]) < Load(state, pool[first]) ? pool[second] : pool[first];
    }

    // A node that was not measured yet is taken for an ordinary one, or at its word.
    private static ulong FirstToken(DispatchState state, DispatchOffer offer)
    {
        var health = state.HealthOf(offer.Node.Operator);
        return health.Samples > 0 ? health.FirstTokenMicroseconds
            : state.Paces.TryGetValue(offer.Offer.Name, out var pace) ? pace.Percentile(50) * 1000
            : offer.Offer.Service.FirstTokenMilliseconds * 1000UL;
    }

    private static ulong PerToken(DispatchState state, DispatchOffer offer) =>
        state.HealthOf(offer.Node.Operator).MicrosecondsPerToken is > 0 and var measured ? measured
        : offer.Offer.Service.TokensPerSecond is > 0 and var promised ? 1_000_000UL / promised
        : uint.MaxValue;
}
