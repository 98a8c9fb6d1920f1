using System.Collections.Immutable;
using Ncn.Discovery;

namespace Ncn.Simulation.Mutations;

/// <summary>Discovery cores that are wrong on purpose.</summary>
internal static class DiscoveryMutations
{
    internal static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) NoShares(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits) =>
        DiscoveryCore.Apply(state, input, limits with { OperatorPerBucket = 99, OperatorPerTable = 99, BlockPerBucket = 99, BlockPerTable = 99 });

    internal static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) ForeignKeys(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        return Stored(input) is { } store && store.Adverts.FirstOrDefault(advert => !advert.Yields(store.Key)) is { } foreign
            ? (next with { Store = With(next, store.Key, [foreign]) }, outputs)
            : (next, outputs);
    }

    internal static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) OlderReplaces(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        if (Stored(input) is { } store)
        {
            foreach (var old in store.Adverts)
            {
                var held = next.Store.At(store.Key);
                if (held.FirstOrDefault(advert => advert.Name == old.Name && advert.Sequence > old.Sequence) is { } newer)
                {
                    return (next with { Store = With(next, store.Key, held.Replace(newer, old)) }, outputs);
                }
            }
        }

        return (next, outputs);
    }

    internal static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) AnswersExpired(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        return input is DiscoveryInput.Request { Body: DiscoveryRequest.FindAdverts find }
            ? (next, [.. outputs.Select(output => output is DiscoveryOutput.Answer { Body: DiscoveryAnswer.Adverts adverts } answer
                ? answer with { Body = adverts with { Found = [.. next.Store.At(find.Key).Take(2)] } }
                : output)])
            : (next, outputs);
    }

    internal static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) LosesLookups(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        return (next, [.. outputs.Where(static output => output is not DiscoveryOutput.Found { Effort.Failures: > 1 })]);
    }

    internal static (DiscoveryState, IReadOnlyList<DiscoveryOutput>) BelievesNames(DiscoveryState state, DiscoveryInput input, DiscoveryLimits limits)
    {
        var (next, outputs) = DiscoveryCore.Apply(state, input, limits);
        if (input is DiscoveryInput.Answered { Body: DiscoveryAnswer.Peers { Closest: { IsDefaultOrEmpty: false } named } })
        {
            var (self, peer) = (next.Table.Self, named[0]);
            var at = Math.Min((peer.Id.Value ^ self.Value).LeadingZeros, 255);
            if (peer.Id != self && at < next.Table.Buckets.Length && next.Table.Buckets[at] is { Entries.IsEmpty: true, Spares.IsEmpty: true } bucket)
            {
                return (next with { Table = next.Table with { Buckets = next.Table.Buckets.SetItem(at, bucket with { Entries = [new TableEntry(peer, input.Now, 0)] }) } }, outputs);
            }
        }

        return (next, outputs);
    }

    private static DiscoveryRequest.Store? Stored(DiscoveryInput input) => (input as DiscoveryInput.Request)?.Body as DiscoveryRequest.Store;

    private static AdvertStore With(DiscoveryState state, DiscoveryKey key, ImmutableArray<VerifiedAdvert> adverts)
    {
        var slots = state.Store.Slots.SetItem(key, adverts);
        return new AdvertStore(
            slots, [.. slots.Keys.Select(held => held.Value ^ state.Table.Self.Value)], slots.Values.Sum(static held => held.Length),
            slots.Values.Sum(static held => held.Sum(static advert => (long)advert.Bytes)));
    }
}
