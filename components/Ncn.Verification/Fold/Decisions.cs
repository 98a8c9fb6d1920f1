using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>What a case's verdicts come to, and who did their duty in it.</summary>
internal static class Decisions
{
    /// <summary>Without escalation it has passed, if a checker says so and none says otherwise, or nobody can say. With it, more than two thirds of the stake decide, or nobody.</summary>
    internal static void Decide(Step step, Hash32 subject, Case item)
    {
        var isPassed = item.Checkers.Any(checker => item.FindingOf(checker) == Finding.Passed);
        var decision = item.IsEscalated ? Tally(step, item) : new Decision(isPassed ? Judgement.Passed : Judgement.Undecided, Judgement.Passed, false);
        if (item.Kind == CaseKind.List)
        {
            decision = decision with { Node = Judgement.Undecided };
        }

        End(step, subject, item, decision with { IsPlant = !item.Planter.IsZero && decision.Node == Judgement.Failed });
    }

    /// <summary>Takes the case away and draws the consequences.</summary>
    internal static void End(Step step, Hash32 subject, Case item, Decision decision)
    {
        step.State = step.State with { Cases = step.State.Cases.Remove(subject) };
        if (item.Kind != CaseKind.Audit && step.State.Commitments.TryGetValue(new CommitmentKey(item.Gateway, item.Period), out var commitment))
        {
            step.SetCommitment(new CommitmentKey(item.Gateway, item.Period), commitment with { Open = Math.Max(commitment.Open, 1) - 1 });
        }

        Grading.Grade(step, subject, item, decision);
        if (!decision.IsPlant)
        {
            Records.Judge(step, subject, item, decision);
        }

        if (item.Kind == CaseKind.Audit)
        {
            Audits.Settle(step, subject, item, decision);
        }

        step.Outputs.Add(new VerificationOutput.CaseDecided(subject, item, decision));
    }

    private static Decision Tally(Step step, Case item)
    {
        var stake = new Stake(step.State.Members, item);
        var gateway = stake.Decide(finding => GatewayIn(item.Kind, finding));
        return new Decision(stake.Decide(NodeIn), gateway == Judgement.Undecided ? stake.WithoutEvidence() : gateway, false);
    }

    /// <summary>What a finding says of the node.</summary>
    internal static Judgement NodeIn(Finding finding) => finding switch
    {
        Finding.Passed or Finding.Withheld => Judgement.Passed,
        Finding.Unchecked or Finding.Unreachable or Finding.Refused => Judgement.Undecided,
        _ => Judgement.Failed,
    };

    /// <summary>What a finding says of the gateway; a list is the gateway's alone. Who stands up for the answer of an audit must be there to show it.</summary>
    internal static Judgement GatewayIn(CaseKind kind, Finding finding) => finding switch
    {
        Finding.Passed or Finding.Unchecked => Judgement.Passed,
        Finding.Failed when kind != CaseKind.List => Judgement.Passed,
        Finding.Unreachable when kind != CaseKind.Audit => Judgement.Away,
        _ => Judgement.Failed,
    };

    /// <summary>The stake behind each word on a case.</summary>
    private sealed class Stake(ImmutableArray<Checker> members, Case item)
    {
        private readonly UInt128 _total = members.Aggregate(UInt128.Zero, static (sum, member) => sum + member.Weight);

        /// <summary>What more than two thirds say.</summary>
        internal Judgement Decide(Func<Finding, Judgement> said) =>
            Quorum.IsReached(Of(finding => said(finding) == Judgement.Passed), _total) ? Judgement.Passed
            : Quorum.IsReached(Of(finding => said(finding) == Judgement.Failed), _total) ? Judgement.Failed
            : Judgement.Undecided;

        /// <summary>Away when more than a third did not get the evidence; who agrees on an audit's loser is more than two thirds, or nobody.</summary>
        internal Judgement WithoutEvidence() =>
            item.Kind != CaseKind.Audit && 3 * Of(finding => GatewayIn(item.Kind, finding) != Judgement.Passed) > _total ? Judgement.Away : Judgement.Undecided;

        private UInt128 Of(Func<Finding, bool> says) =>
            members.Where(member => item.FindingOf(member.Key) is { } finding && says(finding)).Aggregate(UInt128.Zero, static (sum, member) => sum + member.Weight);
    }
}
