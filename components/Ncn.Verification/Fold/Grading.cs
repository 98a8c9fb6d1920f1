using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Who did their duty in a case.</summary>
internal static class Grading
{
    internal static void Grade(Step step, Hash32 subject, Case item, Decision decision)
    {
        // A plant that nobody passed ends before all have judged.
        var all = item.IsEscalated && item.Stage is CaseStage.RevealingAll or CaseStage.Revealing ? step.State.Members.Select(static member => member.Key).Union(item.Checkers) : item.Checkers;
        foreach (var validator in all.Where(validator => step.IsMember(validator) && validator != item.Planter && IsGraded(item.FindingOf(validator), decision)))
        {
            Count(step, subject, validator, item.FindingOf(validator) is { } finding ? MissOf(item, finding, decision) : DutyMiss.Silent);
        }

        if (!item.Planter.IsZero && decision.Node == Judgement.Passed)
        {
            Count(step, subject, item.Planter, DutyMiss.FalsePlant);
        }
    }

    // Who could not say has done nothing and missed nothing. Who could not reach what the others did has missed it, and when they could not either, has not.
    private static bool IsGraded(Finding? finding, Decision decision) =>
        finding != Finding.Unchecked && (finding != Finding.Unreachable || decision.Gateway == Judgement.Passed);

    private static DutyMiss? MissOf(Case item, Finding finding, Decision decision) =>
        finding == Finding.Unreachable ? DutyMiss.Silent
        : decision.IsPlant ? (finding == Finding.Passed ? DutyMiss.PassedPlant : null)
        : IsAgainst(Decisions.NodeIn(finding), decision.Node) || IsAgainst(Decisions.GatewayIn(item.Kind, finding), decision.Gateway) ? DutyMiss.Contradicted
        : null;

    // A gateway that answers some only says nothing about whom it answered.
    private static bool IsAgainst(Judgement said, Judgement decided) => decided is Judgement.Passed or Judgement.Failed && said != Judgement.Undecided && said != decided;

    private static void Count(Step step, Hash32 subject, Address validator, DutyMiss? miss)
    {
        var record = step.State.Duty.GetValueOrDefault(validator, DutyRecord.None);
        record = miss switch
        {
            null => record with { Done = record.Done + 1 },
            DutyMiss.Silent => record with { Missed = record.Missed + 1 },
            DutyMiss.PassedPlant => record with { PlantsPassed = record.PlantsPassed + 1 },
            _ => record with { Contradicted = record.Contradicted + 1 },
        };
        step.State = step.State with { Duty = step.State.Duty.SetItem(validator, record) };
        if (miss is { } missed)
        {
            step.Outputs.Add(new VerificationOutput.DutyMissed(validator, subject, missed));
        }
    }
}
