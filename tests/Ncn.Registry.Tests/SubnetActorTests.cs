using Ncn.Actors;
using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Registry.Tests;

public class SubnetActorTests
{
    [Fact]
    public async Task A_node_joins_beats_is_routed_to_and_leaves()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);

        Assert.True((await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds))).Accepted);
        registry.Time.Advance(1_000);
        Assert.True((await registry.Subnet.HeartbeatAsync(Samples.Beat(node, registry.Time.Milliseconds, 1, free: 2))).Accepted);
        var snapshot = await registry.Subnet.GetSnapshotAsync(0);

        var view = Assert.Single(snapshot!.Nodes);
        Assert.Equal((node.Address, 2u, registry.Time.Milliseconds), (view.Record.Operator, view.FreeSlots, view.LastSeen));
        Assert.Null(await registry.Subnet.GetSnapshotAsync(snapshot.Version));
        var leave = node.Sign(new NodeLeave(node.Address, 1, registry.Time.Milliseconds), RegistryFixture.NetworkDomain);
        Assert.True((await registry.Subnet.LeaveAsync(leave)).Accepted);
        var after = await registry.Subnet.GetSnapshotAsync(snapshot.Version);
        Assert.Empty(after!.Nodes);
        Assert.True(after.Version > snapshot.Version);
    }

    [Fact]
    public async Task Who_reads_a_record_can_verify_its_operators_signature_also_after_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds));
        await registry.CrashAsync();

        var view = Assert.Single((await registry.Subnet.GetSnapshotAsync(0))!.Nodes);
        Assert.True(new Signed<NodeRecord>(view.Record, view.Signature!.Value).IsSignedBy(node.Address, RegistryFixture.NetworkDomain));
    }

    [Fact]
    public async Task A_node_that_the_validators_put_out_is_out_at_once_and_also_after_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        var build = new ModelDigest(Samples.Hash(3));
        var standing = new NodeStanding(node.Address, 10_000, StandingStatus.Good, 100, 1, [build]);
        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds));
        await registry.Subnet.StandAsync([standing]);
        var view = Assert.Single((await registry.Subnet.GetSnapshotAsync(0))!.Nodes);
        Assert.Equal((build, 870u), (Assert.Single(view.Verification!.Verified), view.Score));

        await registry.Subnet.StandAsync([standing with { Status = StandingStatus.Suspended, Failed = 5 }]);
        Assert.Empty((await registry.Subnet.GetSnapshotAsync(0))!.Nodes);
        await registry.CrashAsync();
        Assert.Empty((await registry.Subnet.GetSnapshotAsync(0))!.Nodes);
        Assert.True((await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds, sequence: 2))).Accepted);
        Assert.Empty((await registry.Subnet.GetSnapshotAsync(0))!.Nodes);

        await registry.Subnet.StandAsync([standing]);
        Assert.Single((await registry.Subnet.GetSnapshotAsync(0))!.Nodes);
    }

    [Fact]
    public async Task A_message_that_its_operator_did_not_sign_changes_nothing()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        using var thief = Samples.Signer(2);
        var record = Samples.Record(node, registry.Time.Milliseconds);

        var forged = await registry.Subnet.JoinAsync(new Signed<NodeRecord>(record.Message, Samples.Record(thief, 1).Signature));
        var torn = await registry.Subnet.JoinAsync(record with { Message = record.Message with { Models = null! } });
        var changed = await registry.Subnet.JoinAsync(record with { Message = record.Message with { Slots = 100 } });

        Assert.All(new[] { forged, torn, changed }, result => Assert.Contains("not signed", result.Reason, StringComparison.Ordinal));
        Assert.Empty((await registry.Subnet.GetSnapshotAsync(0))?.Nodes ?? []);
        await registry.Subnet.JoinAsync(record);
        Assert.False((await registry.Subnet.HeartbeatAsync(new Signed<NodeHeartbeat>(Samples.Beat(node, registry.Time.Milliseconds, 1).Message, default))).Accepted);
    }

    [Fact]
    public async Task A_silent_node_is_out_comes_back_with_a_beat_and_is_forgotten_after_a_minute()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds));
        var suspected = await WatchAsync(registry, 2_500);
        Assert.Equal(MemberStanding.Suspect, Assert.Single(suspected!.Nodes).Standing);

        Assert.Empty((await WatchAsync(registry, 3_000))!.Nodes);

        var back = await registry.Subnet.HeartbeatAsync(Samples.Beat(node, registry.Time.Milliseconds, 1));
        Assert.Equal((true, true), (back.Accepted, back.Known));
        Assert.Equal(MemberStanding.Probation, Assert.Single((await registry.Subnet.GetSnapshotAsync(0))!.Nodes).Standing);

        await WatchAsync(registry, 61_000);
        var told = await registry.Subnet.HeartbeatAsync(Samples.Beat(node, registry.Time.Milliseconds, 2));
        Assert.Equal((false, false), (told.Accepted, told.Known));
        Assert.True((await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds, sequence: 2))).Accepted);
    }

    // Gateways ask twice a second.
    private static async Task<RoutingSnapshot?> WatchAsync(RegistryFixture registry, uint milliseconds)
    {
        RoutingSnapshot? last = null;
        for (var passed = 0u; passed < milliseconds; passed += 500)
        {
            registry.Time.Advance(500);
            last = await registry.Subnet.GetSnapshotAsync(0);
        }

        return last;
    }

    [Fact]
    public async Task Members_survive_a_crash_and_versions_go_on_rising()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds, sequence: 5));
        var before = await registry.Subnet.GetSnapshotAsync(0);

        registry.Time.Advance(60_000);
        await registry.CrashAsync();

        var after = await registry.Subnet.GetSnapshotAsync(before!.Version);
        Assert.Single(after!.Nodes);
        Assert.True(after.Version > before.Version);
        Assert.True((await registry.Subnet.HeartbeatAsync(Samples.Beat(node, registry.Time.Milliseconds, 9))).Accepted);
        Assert.False((await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds, sequence: 5))).Accepted);
    }

    [Fact]
    public async Task Heartbeats_write_nothing()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds));
        await registry.Subnet.RegisterChannelAsync(new ChannelId(Samples.Hash(1)));
        var commits = registry.Sidecar.Commits;

        for (var i = 1UL; i <= 20; i++)
        {
            registry.Time.Advance(500);
            Assert.True((await registry.Subnet.HeartbeatAsync(Samples.Beat(node, registry.Time.Milliseconds, i, free: (uint)(i % 3)))).Accepted);
        }

        Assert.Equal(commits, registry.Sidecar.Commits);
    }

    [Fact]
    public async Task Channels_are_remembered_once_each()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var channels = Enumerable.Range(1, 40).Select(number => new ChannelId(Ncn.Protocol.Cryptography.Keccak256.Of(Samples.Hash(number).ToArray()))).ToArray();

        foreach (var channel in channels.Concat(channels))
        {
            await registry.Subnet.RegisterChannelAsync(channel);
        }

        await registry.CrashAsync();
        Assert.Equal(channels.Order(ById), (await registry.Subnet.ListChannelsAsync()).Order(ById));
    }

    private static Comparer<ChannelId> ById { get; } = Comparer<ChannelId>.Create(static (left, right) => left.Value.CompareTo(right.Value));

    [Fact]
    public async Task What_the_chain_told_is_in_the_snapshot_over_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        using var node = Samples.Signer(1);
        await registry.Subnet.JoinAsync(Samples.Record(node, registry.Time.Milliseconds));
        var before = (await registry.Subnet.GetSnapshotAsync(0))!;
        var stake = new MirroredStake(7, default, new(500), default, 1);
        var parameters = new MirroredParameters(7, new(1), new(2), new(3), 1_209_600, 86_400, 100, default);

        await registry.Subnet.ObserveAsync(new SubnetObservation(parameters, node.Address, stake));
        var told = (await registry.Subnet.GetSnapshotAsync(before.Version))!;
        Assert.Equal((parameters, stake), (told.Parameters, Assert.Single(told.Nodes).Stake));

        await registry.CrashAsync();
        await registry.Subnet.ObserveAsync(new SubnetObservation(Operator: node.Address, Stake: stake with { Block = 6, Node = new(1) }));
        var after = (await registry.Subnet.GetSnapshotAsync(0))!;
        Assert.Equal((parameters, stake), (after.Parameters, Assert.Single(after.Nodes).Stake));
        Assert.Equal(stake, (await registry.Subnet.GetMirrorAsync()).Stakes[node.Address]);
    }
}
