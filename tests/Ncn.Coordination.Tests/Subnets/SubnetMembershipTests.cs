using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Subnets;

public class SubnetMembershipTests
{
    private const ulong T0 = Samples.Start;
    private static readonly SubnetId One = new(1);
    private static readonly SubnetLimits Limits = new(5_000);

    [Fact]
    public void A_node_joins_beats_and_leaves()
    {
        var run = new Run();

        Assert.Equal(NodeOutcome.Accepted, run.Join(T0, Samples.Record(1, 1)));
        Assert.Equal(NodeOutcome.Accepted, run.Beat(T0 + 1000, 1, 1, free: 2));
        Assert.Equal(2u, run.State.Loads[Samples.Node(1)].FreeSlots);
        Assert.Equal(NodeOutcome.Accepted, run.Leave(T0 + 2000, 1, 1));
        Assert.Empty(run.State.Members);
        Assert.Equal(NodeOutcome.Unknown, run.Beat(T0 + 2500, 1, 2));
    }

    [Theory]
    [InlineData(2UL, NodeOutcome.StaleSequence)]
    [InlineData(3UL, NodeOutcome.StaleSequence)]
    [InlineData(4UL, NodeOutcome.Accepted)]
    public void A_records_sequence_must_rise(ulong sequence, NodeOutcome expected)
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 3));

        Assert.Equal(expected, run.Join(T0 + 1, Samples.Record(1, sequence, T0 + 1)));
    }

    [Theory]
    [InlineData(3UL, NodeOutcome.StaleSequence)]
    [InlineData(4UL, NodeOutcome.Accepted)]
    public void A_records_sequence_must_rise_over_a_departure_too(ulong sequence, NodeOutcome expected)
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 3));
        run.Leave(T0 + 1, 1, 3);

        Assert.Equal(expected, run.Join(T0 + 2, Samples.Record(1, sequence)));
    }

    [Fact]
    public void The_same_record_again_is_accepted_and_changes_nothing()
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 3));
        var before = run.State;

        Assert.Equal(NodeOutcome.Accepted, run.Join(T0 + 100, Samples.Record(1, 3)));
        Assert.Same(before.Members, run.State.Members);
        Assert.Same(before.Loads, run.State.Loads);
        Assert.Equal(before.Version, run.State.Version);
    }

    [Fact]
    public void A_node_that_stays_silent_is_forgotten_and_must_join_again()
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 1));
        run.Watch(T0, T0 + 60_000);
        Assert.Equal(MemberStanding.Ejected, run.State.Loads[Samples.Node(1)].Standing);

        run.Apply(new SubnetInput.Tick(T0 + 60_001));

        Assert.Empty(run.State.Members);
        Assert.Contains(new SubnetOutput.Lost(Samples.Node(1)), run.Outputs);
        Assert.Equal(NodeOutcome.Unknown, run.Beat(T0 + 60_002, 1, 1));
    }

    [Fact]
    public void A_node_whose_record_expires_is_out_however_it_beats()
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 1) with { ExpiresAt = T0 + 2_000 });

        run.Beat(T0 + 1_999, 1, 1);
        Assert.Equal(NodeOutcome.Unknown, run.Beat(T0 + 2_000, 1, 2));
    }

    [Fact]
    public void A_replayed_or_badly_timed_heartbeat_is_refused()
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 1));
        run.Beat(T0 + 1, 1, 5);

        Assert.Equal(NodeOutcome.StaleSequence, run.Beat(T0 + 2, 1, 5));
        Assert.Equal(NodeOutcome.ClockSkew, run.Beat(T0 + 3, 1, 6, sentAt: T0 + 3 + 60_001));
        Assert.Equal(NodeOutcome.ClockSkew, run.Beat(T0 + 4, 1, 6, sentAt: T0 + 4 - 60_001));
    }

    [Fact]
    public void A_node_cannot_claim_more_free_slots_than_it_has()
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 1, slots: 4));
        run.Beat(T0 + 1, 1, 1, free: 4_000_000);

        Assert.Equal(4u, run.State.Loads[Samples.Node(1)].FreeSlots);
    }

    public static TheoryData<NodeRecord, NodeOutcome> BadRecords()
    {
        var good = Samples.Record(1, 1);
        var offer = Samples.Offer();
        return new TheoryData<NodeRecord, NodeOutcome>
        {
            { good with { Operator = default }, NodeOutcome.Malformed },
            { good with { GrpcEndpoint = "nowhere" }, NodeOutcome.Malformed },
            { good with { GrpcEndpoint = "host:0" }, NodeOutcome.Malformed },
            { good with { GrpcEndpoint = "a b:1" }, NodeOutcome.Malformed },
            { good with { GrpcEndpoint = new string('a', 300) + ":1" }, NodeOutcome.Malformed },
            { good with { GrpcEndpoint = null! }, NodeOutcome.Malformed },
            { good with { Models = [] }, NodeOutcome.Malformed },
            { good with { Models = null! }, NodeOutcome.Malformed },
            { good with { Models = [null!] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Name = string.Empty }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Kind = "oracle" }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Inputs = null! }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Inputs = [new TensorSpec("x", "FP32", null!)] }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Price = null! }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Price = offer.Price with { PerRequest = new(UInt128.MaxValue) } }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Price = offer.Price with { PerPromptToken = new(UInt128.MaxValue) } }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Price = offer.Price with { PerCompletionToken = new((UInt128)1 << 64) } }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Price = offer.Price with { PerInputRow = new(UInt128.MaxValue) } }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Retention = "some" }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Quantization = "4 bits" }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Service = new ServiceLevel(3_600_001, 0) }] }, NodeOutcome.Malformed },
            { good with { Models = [offer with { Service = new ServiceLevel(0, 1_000_001) }] }, NodeOutcome.Malformed },
            { good with { Slots = 0 }, NodeOutcome.Malformed },
            { good with { Slots = 5000 }, NodeOutcome.Malformed },
            { good with { EncryptionKey = new HexBytes(new byte[257]) }, NodeOutcome.Malformed },
            { good with { Subnets = [2] }, NodeOutcome.WrongSubnet },
            { good with { IssuedAt = T0 + 60_001 }, NodeOutcome.ClockSkew },
            { good with { ExpiresAt = T0 }, NodeOutcome.Expired },
            { good with { ExpiresAt = ulong.MaxValue }, NodeOutcome.LivesTooLong },
        };
    }

    [Theory]
    [MemberData(nameof(BadRecords))]
    public void A_bad_record_is_refused_and_changes_nothing(NodeRecord record, NodeOutcome expected)
    {
        var run = new Run();

        Assert.Equal(expected, run.Join(T0, record));
        Assert.Empty(run.State.Members);
    }

    [Fact]
    public void Former_members_are_remembered_up_to_a_bound_those_with_the_shortest_lives_go_first()
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 7));
        var former = Enumerable.Range(1_000, SubnetMembership.MaxDeparted).Select(static number => KeyValuePair.Create(
            Ncn.Protocol.Address.Parse($"0x{number:x40}"), new Departed(3, T0 + 100_000_000UL + (ulong)number)));
        run.State = run.State with { Departed = run.State.Departed.AddRange(former) };

        Assert.Equal(NodeOutcome.Accepted, run.Leave(T0 + 1, 1, 7));

        Assert.Equal(SubnetMembership.MaxDeparted, run.State.Departed.Count);
    }

    [Fact]
    public void A_full_subnet_takes_nobody_new_and_keeps_its_own()
    {
        var run = new Run { Limits = Limits with { MaxNodes = 1 } };
        run.Join(T0, Samples.Record(1, 1));

        Assert.Equal(NodeOutcome.Full, run.Join(T0, Samples.Record(2, 1)));
        Assert.Equal(NodeOutcome.Accepted, run.Join(T0, Samples.Record(1, 2)));
    }

    [Fact]
    public void A_full_subnet_gives_the_place_of_a_silent_node_to_a_newcomer()
    {
        var run = new Run { Limits = Limits with { MaxNodes = 1 } };
        run.Join(T0, Samples.Record(1, 1));
        run.Watch(T0, T0 + 6_000);

        Assert.Equal(NodeOutcome.Accepted, run.Join(T0 + 6_001, Samples.Record(2, 1, T0 + 6_001)));
        Assert.Equal([Samples.Node(2)], run.State.Members.Keys);
        Assert.Contains(new SubnetOutput.Lost(Samples.Node(1)), run.Outputs);
    }

    [Fact]
    public void Free_slots_are_reported_on_change_and_once_a_second()
    {
        var run = new Run();

        Assert.Equal([4u], run.Reports(new SubnetInput.Join(T0, One, Samples.Record(1, 1))));
        Assert.Empty(run.Reports(Beat(T0 + 500, 1, 1, 4)));
        Assert.Equal([3u], run.Reports(Beat(T0 + 600, 1, 2, 3)));
        Assert.Equal([3u], run.Reports(Beat(T0 + 1_600, 1, 3, 3)));
        Assert.Equal([0u], run.Reports(Beat(T0 + 1_700, 1, 4, 3, draining: true)));
        Assert.Equal([3u], run.Reports(Beat(T0 + 1_800, 1, 5, 3)));
        run.Watch(T0 + 1_800, T0 + 6_800);
        Assert.Equal([0u], run.Reports(new SubnetInput.Tick(T0 + 7_801)));
    }

    [Fact]
    public void A_restart_keeps_members_and_gives_them_one_more_period()
    {
        var run = new Run();
        run.Join(T0, Samples.Record(1, 1));
        run.State = run.State with { Loads = SubnetState.Empty.Loads };

        run.Apply(new SubnetInput.Restart(T0 + 60_000));
        Assert.Equal(Samples.Record(1, 1).Slots, run.State.Loads[Samples.Node(1)].FreeSlots);
        Assert.Equal(NodeOutcome.Accepted, run.Beat(T0 + 64_000, 1, 9));
        run.Watch(T0 + 64_000, T0 + 69_500);

        Assert.Equal(MemberStanding.Ejected, run.State.Loads[Samples.Node(1)].Standing);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Invariants_hold_over_random_histories(int seed)
    {
        var random = new SeededRandom((ulong)seed);
        var run = new Run();
        var now = T0;
        var highest = new Dictionary<Address, ulong>();
        for (var i = 0; i < 4_000; i++)
        {
            now += (ulong)(random.Below(50) == 0 ? random.Below(9_000) : random.Below(900));
            var before = run.State;
            var input = RandomInput(random, now);
            run.Apply(input);
            CheckStep(before, run, input, highest);
        }
    }

    private static void CheckStep(SubnetState before, Run run, SubnetInput input, Dictionary<Address, ulong> highest)
    {
        var after = run.State;
        Assert.Equal(after.Members.Keys, after.Loads.Keys);
        Assert.All(after.Signatures.Keys, node => Assert.Contains(node, after.Members.Keys));
        Assert.Equal(after.Loads.Values.Where(static load => load.IsServing).Sum(static load => load.FreeSlots), (long)after.FreeSlots);
        Assert.True(after.Version >= before.Version);
        var changed = !ReferenceEquals(after.Members, before.Members) || !ReferenceEquals(after.Loads, before.Loads);
        Assert.Equal(changed, after.Version > before.Version);
        // A pause of the registry excuses a silence once, for the time of grace; those that are held back are looked at four times a second.
        Assert.DoesNotContain(
            after.Loads.Values,
            load => load.Standing != MemberStanding.Ejected && load.LastSeen + Limits.SilenceMilliseconds + 250 < input.Now && load.ExcusedAt != after.AwakeAt);
        if (input is SubnetInput.Join join && run.Outputs.Contains(new SubnetOutput.Reply(NodeOutcome.Accepted)))
        {
            Assert.True(join.Record.Sequence >= highest.GetValueOrDefault(join.Record.Operator), "an accepted record's sequence fell");
            highest[join.Record.Operator] = join.Record.Sequence;
        }
    }

    private static SubnetInput RandomInput(SeededRandom random, ulong now)
    {
        var node = random.Below(6);
        return random.Below(5) switch
        {
            0 => new SubnetInput.Join(now, One, Samples.Record(node, (ulong)random.Below(40), now), random.Below(2) == 0 ? default(Signature) : null),
            1 => new SubnetInput.Leave(now, new NodeLeave(Samples.Node(node), (ulong)random.Below(40), now)),
            2 => new SubnetInput.Tick(now),
            _ => Beat(now, node, now + (ulong)random.Below(200), (uint)random.Below(6), draining: random.Below(10) == 0),
        };
    }

    private static SubnetInput.Heartbeat Beat(ulong now, int node, ulong sequence, uint free, bool draining = false) =>
        new(now, new NodeHeartbeat(Samples.Node(node), sequence, free, 0, now) { Draining = draining });

    private sealed class Run
    {
        internal SubnetLimits Limits { get; init; } = SubnetMembershipTests.Limits;

        internal SubnetState State { get; set; } = SubnetState.Empty;

        internal IReadOnlyList<SubnetOutput> Outputs { get; private set; } = [];

        /// <summary>Nothing happens, and the registry looks every half second.</summary>
        internal void Watch(ulong after, ulong until)
        {
            for (var now = after + 500; now <= until; now += 500)
            {
                Apply(new SubnetInput.Tick(now));
            }
        }

        internal void Apply(SubnetInput input) => (State, Outputs) = SubnetMembership.Apply(State, input, Limits);

        internal NodeOutcome Join(ulong now, NodeRecord record) => Reply(new SubnetInput.Join(now, One, record));

        internal NodeOutcome Beat(ulong now, int node, ulong sequence, uint free = 4, ulong? sentAt = null) =>
            Reply(new SubnetInput.Heartbeat(now, new NodeHeartbeat(Samples.Node(node), sequence, free, 0, sentAt ?? now)));

        internal NodeOutcome Leave(ulong now, int node, ulong sequence) =>
            Reply(new SubnetInput.Leave(now, new NodeLeave(Samples.Node(node), sequence, now)));

        internal IEnumerable<uint> Reports(SubnetInput input)
        {
            Apply(input);
            return Outputs.OfType<SubnetOutput.ReportFreeSlots>().Select(report => report.FreeSlots);
        }

        private NodeOutcome Reply(SubnetInput input)
        {
            Apply(input);
            return Assert.Single(Outputs.OfType<SubnetOutput.Reply>()).Outcome;
        }
    }
}
