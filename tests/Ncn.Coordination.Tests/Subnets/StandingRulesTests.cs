using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Subnets;

public sealed class StandingRulesTests
{
    private static readonly SubnetLimits Limits = new(5_000);
    private SubnetState _state = SubnetState.Empty;
    private ulong _now = Samples.Start;

    [Fact]
    public void A_suspended_node_gets_nothing_at_once_and_no_new_record_helps_it()
    {
        Step(new SubnetInput.Join(_now, new SubnetId(1), Samples.Record(1, 1)));
        Step(new SubnetInput.Join(_now, new SubnetId(1), Samples.Record(2, 1)));
        var (free, version) = (_state.FreeSlots, _state.Version);

        Stand(1, StandingStatus.Suspended);
        Assert.False(_state.Loads[Samples.Node(1)].IsServing);
        Assert.True(_state.Loads[Samples.Node(2)].IsServing);
        Assert.Equal((free / 2, true), (_state.FreeSlots, _state.Version > version));

        Beat(1, 1);
        Step(new SubnetInput.Join(_now, new SubnetId(1), Samples.Record(1, 2)));
        Assert.False(_state.Loads[Samples.Node(1)].IsServing);
        Step(new SubnetInput.Restart(_now));
        Assert.False(_state.Loads[Samples.Node(1)].IsServing);

        Stand(1, StandingStatus.Good);
        Assert.True(_state.Loads[Samples.Node(1)].IsServing);
    }

    [Fact]
    public void A_node_that_was_slashed_before_it_joined_is_out_from_the_beginning()
    {
        Stand(1, StandingStatus.Slashed);
        Step(new SubnetInput.Join(_now, new SubnetId(1), Samples.Record(1, 1)));

        Assert.True(_state.Loads[Samples.Node(1)].IsBarred);
        Assert.Equal(0UL, _state.FreeSlots);
    }

    [Fact]
    public void What_is_known_already_changes_nothing()
    {
        Stand(1, StandingStatus.Good);
        var before = _state;
        Stand(1, StandingStatus.Good);

        Assert.Equal(before.Version, _state.Version);
        Assert.Same(before.Standings, _state.Standings);
    }

    [Theory]
    [InlineData(0, 0, 1_000)]
    [InlineData(100, 1, 870)]
    [InlineData(8, 8, 111)]
    [InlineData(10_000, 1, 998)]
    public void The_score_follows_the_record(ulong looked, ulong failed, uint score) =>
        Assert.Equal(score, StandingRules.ScoreOf(new NodeStanding(Samples.Node(1), 10_000, StandingStatus.Good, looked, failed, [])));

    private void Stand(int node, StandingStatus status) =>
        Step(new SubnetInput.Stand(_now, [new NodeStanding(Samples.Node(node), 10_000, status, 10, 0, [])]));

    private void Beat(int node, ulong sequence) => Step(new SubnetInput.Heartbeat(_now, new NodeHeartbeat(Samples.Node(node), sequence, 4, 0, _now)));

    private void Step(SubnetInput input) => (_state, _) = SubnetMembership.Apply(_state, input, Limits);
}
