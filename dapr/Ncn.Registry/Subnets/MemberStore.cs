using System.Collections.Immutable;
using System.Text.Json;
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
    private const int MaxEntryBytes = 3 * 1024 * 1024;
    private const string OldKey = "membership";

    internal static async Task<SubnetState> LoadAsync(IActorStateManager store)
    {
        var members = await Buckets.LoadAsync(store, MembersName, ImmutableSortedDictionary<Address, Member>.Empty);
        return SubnetState.Empty with
        {
            Members = members.ToImmutableSortedDictionary(static entry => entry.Key, static entry => entry.Value.Record),
            Signatures = members.Where(static entry => entry.Value.Signature is not null)
                .ToImmutableSortedDictionary(static entry => entry.Key, static entry => entry.Value.Signature!.Value),
            Departed = await Buckets.LoadAsync(store, DepartedName, SubnetState.Empty.Departed),
        };
    }

    /// <summary>Whether the entry that the record goes into stays below what the sidecar takes, with the other records of it: records are of any size up to a bound, and whose entry it is follows from the address, which is the operator's to choose.</summary>
    internal static bool HasRoom(SubnetState state, NodeRecord record)
    {
        var bucket = Buckets.BucketOf(record.Operator);
        var others = state.Members.Where(entry => Buckets.BucketOf(entry.Key) == bucket && entry.Key != record.Operator).Select(static entry => entry.Value);
        return others.Append(record).Sum(LengthOf) <= MaxEntryBytes;
    }

    // With its key and signature.
    private static int LengthOf(NodeRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, ProtocolJson.Options).Length + 256;

    /// <summary>Stages what differs; the caller commits it.</summary>
    internal static async Task StageAsync(IActorStateManager store, SubnetState before, SubnetState after)
    {
        if (!ReferenceEquals(before.Members, after.Members))
        {
            await Buckets.StageAsync(store, MembersName, MembersOf(before), MembersOf(after));
        }

        await Buckets.StageAsync(store, DepartedName, before.Departed, after.Departed);
    }

    /// <summary>From form 1, one entry with all, to form 2.</summary>
    internal static async Task SplitAsync(IActorStateManager store)
    {
        var old = await store.TryGetStateAsync<Membership>(OldKey);
        if (old.HasValue)
        {
            var all = SubnetState.Empty with
            {
                Members = old.Value.Members, Departed = old.Value.Departed, Signatures = old.Value.Signatures ?? SubnetState.Empty.Signatures,
            };
            await StageAsync(store, SubnetState.Empty, all);
            await store.RemoveStateAsync(OldKey);
        }
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
