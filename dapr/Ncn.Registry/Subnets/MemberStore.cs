using System.Collections.Immutable;
using Dapr.Actors.Runtime;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Subnets;

/// <summary>A subnet's members in the state store, in sixteen entries: one entry of all their records would pass the sidecar's limit of 4 MiB with a few thousand nodes.</summary>
internal static class MemberStore
{
    private const string MembersName = "members";
    private const string DepartedName = "departed";

    // One entry with all, as it was before; taken over once.
    private const string OldKey = "membership";

    internal static async Task<SubnetState> LoadAsync(IActorStateManager store)
    {
        var members = await Buckets.LoadAsync(store, MembersName, ImmutableSortedDictionary<Address, Member>.Empty);
        var state = SubnetState.Empty with
        {
            Members = members.ToImmutableSortedDictionary(static entry => entry.Key, static entry => entry.Value.Record),
            Signatures = members.Where(static entry => entry.Value.Signature is not null)
                .ToImmutableSortedDictionary(static entry => entry.Key, static entry => entry.Value.Signature!.Value),
            Departed = await Buckets.LoadAsync(store, DepartedName, SubnetState.Empty.Departed),
        };
        var old = await store.TryGetStateAsync<Membership>(OldKey);
        return old.HasValue ? await TakeOverAsync(store, state, old.Value) : state;
    }

    /// <summary>Stages what differs; the caller commits it.</summary>
    internal static async Task StageAsync(IActorStateManager store, SubnetState before, SubnetState after)
    {
        if (!ReferenceEquals(before.Members, after.Members))
        {
            await Buckets.StageAsync(store, MembersName, MembersOf(before), MembersOf(after));
        }

        await Buckets.StageAsync(store, DepartedName, before.Departed, after.Departed);
    }

    private static async Task<SubnetState> TakeOverAsync(IActorStateManager store, SubnetState state, Membership old)
    {
        var taken = state with { Members = old.Members, Departed = old.Departed, Signatures = old.Signatures ?? state.Signatures };
        await StageAsync(store, state, taken);
        await store.RemoveStateAsync(OldKey);
        await store.SaveStateAsync();
        return taken;
    }

    private static ImmutableSortedDictionary<Address, Member> MembersOf(SubnetState state) => state.Members.ToImmutableSortedDictionary(
        static entry => entry.Key,
        entry => new Member(entry.Value, state.Signatures.TryGetValue(entry.Key, out var signature) ? signature : null));

    /// <param name="Signature">The operator's, under the record.</param>
    internal sealed record Member(NodeRecord Record, Signature? Signature);

    /// <param name="Signatures">Null in a state from before signatures were kept.</param>
    internal sealed record Membership(
        ImmutableSortedDictionary<Address, NodeRecord> Members, ImmutableSortedDictionary<Address, Departed> Departed,
        ImmutableSortedDictionary<Address, Signature>? Signatures = null);
}
