using System.Collections.Immutable;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;
using Ncn.Registry.Storage;
using Ncn.Registry.Subnets;

namespace Ncn.Registry.Tests;

/// <summary>No entry of the members outgrows what the sidecar takes, whatever keys and records strangers choose.</summary>
public sealed class MemberStoreTests
{
    private const int LargestModels = 64;

    [Fact]
    public void An_entry_that_is_full_takes_no_other_record_and_the_other_entries_do()
    {
        var keys = Enumerable.Range(1, 4_000).Select(static number => Address.Parse($"0x{number:x40}")).ToLookup(Buckets.BucketOf);
        var (crowded, quiet) = (keys.First(), keys.Last());
        var members = ImmutableSortedDictionary.CreateBuilder<Address, NodeRecord>();
        var state = SubnetState.Empty;
        foreach (var key in crowded.TakeWhile(key => MemberStore.HasRoom(state, Largest(key))))
        {
            members[key] = Largest(key);
            state = state with { Members = members.ToImmutable() };
        }

        Assert.InRange(state.Members.Count, 10, 200);
        Assert.True(MemberStore.HasRoom(state, Largest(quiet.First())));
        // A member's new record takes the place of its old one.
        Assert.True(MemberStore.HasRoom(state, Largest(state.Members.Keys.First())));
    }

    private static NodeRecord Largest(Address node) => new(
        node, 1, "127.0.0.1:8090", [1],
        [.. Enumerable.Repeat(
            new ModelOffer(default, new string('m', 250), new string('1', 250), ModelOffer.Tensor, ModelPrice.Free, 0, 16, 65536, "CPU", [], []), LargestModels)],
        4, HexBytes.Empty, 1, 2);
}
