using Ncn.Payments.Channels;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Settlement;

public sealed class ClaimPlannerTests
{
    private const ulong Now = 1_000_000;
    private static readonly ClaimPolicy Policy = new(new(100), MaximumAgeMilliseconds: 1_000, MaximumRows: 2);

    [Fact]
    public void Claims_are_planned_by_risk_then_amount_in_bounded_batches()
    {
        var plan = ClaimPlanner.Plan(
            [
                Candidates.Of(1, unclaimed: 500, since: Now - 100),
                Candidates.Of(2, unclaimed: 5, since: Now - 100, withdrawing: 1),
                Candidates.Of(3, unclaimed: 50, since: Now - 100),
                Candidates.Of(4, unclaimed: 20, since: 0),
                Candidates.Of(5, unclaimed: 0, since: 0, withdrawing: 1),
            ],
            Policy, Now);
        Assert.Equal([[2, 4], [1]], plan.Select(Numbers));
    }

    [Theory]
    [InlineData(46_200, false)]
    [InlineData(46_667, false)]
    [InlineData(46_668, true)]
    public void A_channel_waits_until_it_pays_for_its_transaction(uint unclaimed, bool claims)
    {
        // 35,400 and 10,800 gas at one unit each; one per cent goes to the protocol.
        var policy = Policy with { UnitsPerMillionGas = 1_000_000, FeeBasisPoints = 100 };
        Assert.Equal(claims, ClaimPlanner.Plan([Candidates.Of(1, unclaimed, Now)], policy, Now).Count == 1);
    }

    [Fact]
    public void A_channel_that_owes_what_is_left_in_it_does_not_wait()
    {
        Assert.Empty(ClaimPlanner.Plan([Candidates.Of(1, unclaimed: 89, since: Now, balance: 100)], Policy, Now));
        Assert.Single(ClaimPlanner.Plan([Candidates.Of(1, unclaimed: 90, since: Now, balance: 100)], Policy, Now));
    }

    [Fact]
    public void Rows_with_everything_in_common_are_packed_and_the_rest_goes_together()
    {
        var plan = ClaimPlanner.Plan(
            [
                .. Enumerable.Range(1, 5).Select(number => Candidates.Of(number, unclaimed: 500, since: Now)),
                Candidates.Of(6, unclaimed: 500, since: Now, salt: 1),
                Candidates.Of(7, unclaimed: 500, since: Now, salt: 2),
                Candidates.Of(8, unclaimed: 500, since: Now, max: (UInt128)ulong.MaxValue + 1),
            ],
            Policy with { MaximumRows = 10 }, Now);
        Assert.Equal([5, 3], plan.Select(static batch => batch.Rows.Count));
        Assert.Equal(new PackedGroup(Candidates.Receiver, Candidates.Receiver, Candidates.Token, 900, default, AuthorizerForm.Payer), plan[0].Group);
        Assert.Null(plan[1].Group);
    }

    [Fact]
    public void A_lone_group_stays_packed_however_small() =>
        Assert.NotNull(Assert.Single(ClaimPlanner.Plan([Candidates.Of(1, unclaimed: 500, since: Now)], Policy, Now)).Group);

    [Fact]
    public void The_largest_totals_neither_overflow_nor_pack()
    {
        var whale = Candidates.Of(1, unclaimed: 1, since: 0) with
        {
            VoucherMax = new(UInt128.MaxValue),
            Target = new(UInt128.MaxValue),
            Claimed = TokenAmount.Zero,
            Funds = new ChannelFunds(new(UInt128.MaxValue), TokenAmount.Zero),
        };
        var plan = ClaimPlanner.Plan([whale], Policy with { UnitsPerMillionGas = ulong.MaxValue, FeeBasisPoints = 10_000 }, Now);
        Assert.Null(Assert.Single(plan).Group);
    }

    [Fact]
    public void Random_books_are_planned_without_loss_without_gap_and_without_double()
    {
        for (var seed = 1; seed <= 2_000; seed++)
        {
            var random = new Random(seed);
            var policy = new ClaimPolicy(new((ulong)random.Next(1, 400)), (ulong)random.Next(0, 2_000), random.Next(1, 9))
            {
                UnitsPerMillionGas = (ulong)random.Next(0, 20_000),
                FeeBasisPoints = (uint)random.Next(0, 101),
            };
            var books = Enumerable.Range(1, random.Next(0, 40)).Select(number => Candidates.Random(random, number, Now)).ToArray();
            var plan = ClaimPlanner.Plan(books, policy, Now);
            Check(books, plan, policy, seed);

            random.Shuffle(books);
            Assert.Equal(plan.Select(Numbers), ClaimPlanner.Plan(books, policy, Now).Select(Numbers));
        }
    }

    private static void Check(ClaimCandidate[] books, IReadOnlyList<PlannedClaim> plan, ClaimPolicy policy, int seed)
    {
        var context = $"seed {seed}";
        var planned = plan.SelectMany(static batch => batch.Rows).ToArray();
        Assert.True(planned.Length == planned.Distinct().Count(), context);
        Assert.True(books.Where(candidate => MustBeClaimed(candidate, policy)).All(planned.Contains), context);
        foreach (var batch in plan)
        {
            Assert.True(batch.Rows.Count > 0 && batch.Rows.Count <= policy.MaximumRows, context);
            Assert.True(batch.Rows.All(static row => !row.Unclaimed.IsZero), context);
            Assert.True(batch.Group is null || batch.Rows.All(row => row.IsPackable && PackedGroup.Of(row.Config) == batch.Group), context);
            Assert.True(batch.Rows.Any(row => MustBeClaimed(row, policy)) || batch.Amount > batch.Cost, context);
        }
    }

    // Said again here, in other words than the planner's.
    private static bool MustBeClaimed(ClaimCandidate candidate, ClaimPolicy policy)
    {
        var owed = (ulong)candidate.Unclaimed.Units;
        var left = (ulong)(candidate.Funds.Balance - candidate.Claimed).Units;
        return owed > 0 && (candidate.Funds.Withdrawing > TokenAmount.Zero || Now - candidate.FirstUnclaimedAt >= policy.MaximumAgeMilliseconds || owed * 10 >= left * 9);
    }

    private static int[] Numbers(PlannedClaim batch) => [.. batch.Rows.Select(Candidates.Number)];
}
