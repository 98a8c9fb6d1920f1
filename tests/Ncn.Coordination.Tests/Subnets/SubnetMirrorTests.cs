using Ncn.Coordination.Subnets;
using Ncn.Protocol;

namespace Ncn.Coordination.Tests.Subnets;

/// <summary>What the chain's events tell of a subnet, in any order.</summary>
public class SubnetMirrorTests
{
    private static readonly SubnetLimits Limits = new(5_000);
    private static readonly Address Staker = AddressOf(1);

    [Fact]
    public void Any_order_of_the_same_readings_ends_in_the_newest()
    {
        var readings = Enumerable.Range(1, 6).Select(block => Stake((ulong)block, (uint)block * 10)).ToArray();
        for (var seed = 1; seed <= 100; seed++)
        {
            new Random(seed).Shuffle(readings);
            var state = readings.Concat(readings).Aggregate(SubnetState.Empty, Apply);
            Assert.Equal(60u, (uint)state.Mirror.Stakes[Staker].Node.Units);
        }
    }

    [Fact]
    public void A_stake_that_left_is_not_brought_back_by_an_older_reading()
    {
        var state = Apply(Apply(SubnetState.Empty, Stake(9, 0)), Stake(8, 100));
        Assert.Equal(TokenAmount.Zero, state.Mirror.Stakes[Staker].Node);
    }

    [Fact]
    public void What_was_read_in_a_block_that_was_taken_back_gives_way()
    {
        var state = Apply(Apply(SubnetState.Empty, Stake(9, 100)), Parameters(9, 1));
        state = Apply(state, new SubnetInput.Observe(1, null, null, null, ReorganizedFrom: 8));
        state = Apply(Apply(state, Stake(8, 40)), Parameters(8, 2));
        Assert.Equal((40u, 2u), ((uint)state.Mirror.Stakes[Staker].Node.Units, (uint)state.Mirror.Parameters!.MinNodeStake.Units));
    }

    [Fact]
    public void The_version_rises_with_what_is_new_only()
    {
        var first = Apply(SubnetState.Empty, Parameters(9, 1));
        Assert.True(first.Version > 0);
        Assert.Equal(first.Version, Apply(first, Parameters(8, 2)).Version);
        Assert.True(Apply(first, Stake(9, 1)).Version > first.Version);
    }

    [Fact]
    public void The_number_of_operators_is_bounded_and_the_smallest_goes()
    {
        var state = Enumerable.Range(1, SubnetMirror.MaxOperators + 1)
            .Aggregate(SubnetState.Empty, static (state, number) => Apply(state, Stake(1, number == 77 ? 1u : 5u) with { Operator = AddressOf(number) }));
        Assert.Equal(SubnetMirror.MaxOperators, state.Mirror.Stakes.Count);
        Assert.False(state.Mirror.Stakes.ContainsKey(AddressOf(77)));
    }

    private static SubnetState Apply(SubnetState state, SubnetInput.Observe input) => SubnetMembership.Apply(state, input, Limits).State;

    private static SubnetInput.Observe Stake(ulong block, uint amount) =>
        new(1, null, Staker, new MirroredStake(block, default, new(amount), default, 0), null);

    private static SubnetInput.Observe Parameters(ulong block, uint minimum) =>
        new(1, new MirroredParameters(block, default, new(minimum), default, 0, 0, 0, default), null, null, null);

    private static Address AddressOf(int number)
    {
        var bytes = new byte[Address.Size];
        BitConverter.TryWriteBytes(bytes, number);
        return new Address(bytes);
    }
}
