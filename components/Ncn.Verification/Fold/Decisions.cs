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

    private static Decision Tally(Step step, Case item) => new(
        Side(step, item, static (_, finding) => NodeIn(finding)), Side(step, item, static (kind, finding) => GatewayIn(kind, finding)), false);

    private static Judgement Side(Step step, Case item, Func<CaseKind, Finding, Judgement> said)
    {
        var total = UInt128.Zero;
        var (passed, failed) = (UInt128.Zero, UInt128.Zero);
        foreach (var member in step.State.Members)
        {
            total += member.Weight;
            var judgement = item.FindingOf(member.Key) is { } finding ? said(item.Kind, finding) : Judgement.Undecided;
            passed += judgement == Judgement.Passed ? member.Weight : 0;
            failed += judgement == Judgement.Failed ? member.Weight : 0;
        }

        return Quorum.IsReached(passed, total) ? Judgement.Passed : Quorum.IsReached(failed, total) ? Judgement.Failed : Judgement.Undecided;
    }

    /// <summary>What a finding says of the node.</summary>
    internal static Judgement NodeIn(Finding finding) => finding switch
    {
        Finding.Passed or Finding.Withheld => Judgement.Passed,
        Finding.Unchecked => Judgement.Undecided,
        _ => Judgement.Failed,
    };

    /// <summary>What a finding says of the gateway; a list is the gateway's alone.</summary>
    internal static Judgement GatewayIn(CaseKind kind, Finding finding) =>
        finding is Finding.Passed or Finding.Unchecked || (finding == Finding.Failed && kind != CaseKind.List) ? Judgement.Passed : Judgement.Failed;
}
