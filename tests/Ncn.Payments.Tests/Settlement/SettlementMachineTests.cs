using System.Collections.Immutable;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.Payments.Tests.Settlement;

/// <summary>A claim transaction from plan to record, whatever dies in between.</summary>
public sealed class SettlementMachineTests
{
    private static readonly Hash32 First = new(Enumerable.Repeat((byte)1, 32).ToArray());
    private static readonly Hash32 Second = new(Enumerable.Repeat((byte)2, 32).ToArray());

    [Fact]
    public void It_is_planned_sent_mined_and_recorded()
    {
        var state = Planned();
        Step(ref state, new SettlementInput.Continue(1), SettlementPhase.Sending, SettlementOutput.Submit);
        Step(ref state, new SettlementInput.Mined(2, First, [state.Rows[0]]), SettlementPhase.Mined, SettlementOutput.Record);
        Assert.Equal(new TokenAmount(500), state.Amount);
        Step(ref state, new SettlementInput.Recorded(3), SettlementPhase.Recorded, SettlementOutput.None);
        Assert.True(state.IsOver);
    }

    [Fact]
    public void An_unknown_outcome_is_a_state_of_its_own_and_a_bumped_fee_changes_its_hash()
    {
        var state = Planned();
        Step(ref state, new SettlementInput.Continue(1), SettlementPhase.Sending, SettlementOutput.Submit);
        Step(ref state, new SettlementInput.Unknown(2, First), SettlementPhase.Pending, SettlementOutput.None);
        Step(ref state, new SettlementInput.Unknown(3, Second), SettlementPhase.Pending, SettlementOutput.None);
        Assert.Equal(Second, state.Transaction);
        Step(ref state, new SettlementInput.Continue(4), SettlementPhase.Pending, SettlementOutput.Submit);
        Step(ref state, new SettlementInput.Mined(5, First, []), SettlementPhase.Mined, SettlementOutput.Record);
        Assert.Equal((First, TokenAmount.Zero), (state.Transaction, state.Amount));
    }

    [Fact]
    public void What_is_refused_is_over()
    {
        var state = Planned();
        Step(ref state, new SettlementInput.Continue(1), SettlementPhase.Sending, SettlementOutput.Submit);
        Step(ref state, new SettlementInput.Refused(2, null, "EmptyBatch"), SettlementPhase.Refused, SettlementOutput.None);
        Step(ref state, new SettlementInput.Continue(3), SettlementPhase.Refused, SettlementOutput.None);
        Step(ref state, new SettlementInput.Mined(4, First, []), SettlementPhase.Refused, SettlementOutput.None);
        Assert.Equal(2UL, state.ChangedAt);
    }

    [Fact]
    public void Random_lives_with_deaths_submit_one_purpose_and_never_go_back()
    {
        for (var seed = 1; seed <= 2_000; seed++)
        {
            var random = new Random(seed);
            var state = Planned();
            for (var step = 1UL; step < 40; step++)
            {
                var before = state;
                (state, var output) = SettlementMachine.Apply(state, RandomInput(random, state, step));
                Assert.True(state.Phase >= before.Phase, $"seed {seed}: {before.Phase} became {state.Phase}");
                Assert.Equal(before.Purpose, state.Purpose);
                Assert.True(!before.IsOver || (state == before && output == SettlementOutput.None), $"seed {seed}: it goes on after its end");
                Assert.True(output != SettlementOutput.Submit || state.Phase is SettlementPhase.Sending or SettlementPhase.Pending, $"seed {seed}");
                Assert.True(before.Phase != SettlementPhase.Mined || state.Phase is SettlementPhase.Mined or SettlementPhase.Recorded, $"seed {seed}: mined and then {state.Phase}");
            }
        }
    }

    private static SettlementInput RandomInput(Random random, SettlementState state, ulong now) => random.Next(6) switch
    {
        0 => new SettlementInput.Unknown(now, random.Next(2) == 0 ? First : Second),
        1 => new SettlementInput.Mined(now, First, state.Rows),
        2 => new SettlementInput.Refused(now, null, "refused"),
        3 => new SettlementInput.Recorded(now),
        _ => new SettlementInput.Continue(now),
    };

    private static SettlementState Planned()
    {
        ImmutableArray<ClaimCandidate> rows = [Candidates.Of(1, 500, 0), Candidates.Of(2, 70, 0)];
        var state = SettlementState.Plan("claim-1", ClaimPlanner.Plan(rows, ClaimPolicy.Everything, 1).Single(), 0);
        Assert.Equal((SettlementPhase.Planned, new TokenAmount(570)), (state.Phase, state.Amount));
        return state;
    }

    private static void Step(ref SettlementState state, SettlementInput input, SettlementPhase phase, SettlementOutput output)
    {
        (state, var done) = SettlementMachine.Apply(state, input);
        Assert.Equal((phase, output), (state.Phase, done));
    }
}
