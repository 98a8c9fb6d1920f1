using Ncn.Consensus.Tests.Network;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus.Tests.Validators;

public sealed class ValidatorSetTests
{
    [Fact]
    public void A_set_is_in_the_order_of_its_keys_and_its_hash_is_the_contracts()
    {
        var set = ValidatorSet.Of([new(Sample.Key(3), 5), new(Sample.Key(1), 7), new(Sample.Key(2), 1), new(Sample.Key(0), 2)]);
        var packed = string.Concat(
            "0100000000000000000000000000000000000000", "000000000000000000000002", "0100000000000000000000000000000000000001", "000000000000000000000007",
            "0100000000000000000000000000000000000002", "000000000000000000000001", "0100000000000000000000000000000000000003", "000000000000000000000005");

        Assert.Equal(Keccak256.Of(Convert.FromHexString(packed)), set.Hash);
        Assert.Equal((UInt128)15, set.TotalWeight);
        Assert.Equal([0, 1, 2, 3], set.Members.Select(member => set.IndexOf(member.Key)!.Value));
        Assert.Null(set.IndexOf(Sample.Key(4)));
    }

    [Fact]
    public void What_the_contract_would_refuse_is_no_set()
    {
        Assert.Throws<ArgumentException>(static () => Sample.Set(1, 1, 1));
        Assert.Throws<ArgumentException>(static () => Sample.Set(1, 1, 1, 0));
        Assert.Throws<ArgumentException>(static () => ValidatorSet.Of([new(Sample.Key(0), 1), new(Sample.Key(0), 1), new(Sample.Key(1), 1), new(Sample.Key(2), 1)]));
        Assert.Throws<ArgumentException>(static () => ValidatorSet.Of([new(Address.Zero, 1), new(Sample.Key(0), 1), new(Sample.Key(1), 1), new(Sample.Key(2), 1)]));
        Assert.Throws<ArgumentException>(static () => ValidatorSet.Of(Enumerable.Range(0, 4).Select(static i => new Validator(Sample.Key(i), UInt128.One << 96))));
    }

    [Fact]
    public void Leaders_take_turns_by_stake_and_nobody_is_left_out()
    {
        var set = Sample.Set(70, 20, 9, 1);
        var schedule = new LeaderSchedule(set, Sample.Word(3));
        var turns = Enumerable.Range(0, 1_600).GroupBy(view => schedule.LeaderOf((ulong)view)).ToDictionary(static group => group.Key, static group => group.Count());

        Assert.Equal([1000, 300, 200, 100], set.Members.Select((_, i) => turns[i] / 100 * 100));
        Assert.NotEqual(Order(schedule, 0), Order(schedule, 16));
        Assert.Equal(Order(schedule, 0), Order(new LeaderSchedule(set, Sample.Word(3)), 0));
        Assert.NotEqual(Order(schedule, 0), Order(new LeaderSchedule(set, Sample.Word(4)), 0));
    }

    private static int[] Order(LeaderSchedule schedule, ulong from) => [.. Enumerable.Range(0, 16).Select(i => schedule.LeaderOf(from + (ulong)i))];
}
