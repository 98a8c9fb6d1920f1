namespace Ncn.Verification;

/// <summary>Verdicts of those who owe them, in the stage in which they are owed; nothing else is taken.</summary>
internal static class Verdicts
{
    internal static void Commit(Step step, Fact.VerdictCommitted fact)
    {
        if (!step.State.Cases.TryGetValue(fact.Subject, out var item) || item.Marks.ContainsKey(fact.Validator))
        {
            return;
        }

        var isOwed = item.Stage == CaseStage.Committing ? item.Checkers.Contains(fact.Validator)
            : item is { Stage: CaseStage.Opening, IsEscalated: true } && step.IsMember(fact.Validator);
        if (isOwed)
        {
            step.SetCase(fact.Subject, item with { Marks = item.Marks.Add(fact.Validator, Case.Committed) });
            Cases.Advance(step, fact.Subject);
        }
    }

    // An outcome that is none is silence: the mark stays, and is missed when the stage ends.
    internal static void Reveal(Step step, Fact.VerdictRevealed fact)
    {
        var isTaken = step.State.Cases.TryGetValue(fact.Subject, out var item) && item.Stage is CaseStage.Revealing or CaseStage.RevealingAll
            && item.HasCommitted(fact.Validator) && fact.Outcome is >= (byte)Finding.Passed and <= (byte)Finding.Refused;
        if (isTaken)
        {
            step.SetCase(fact.Subject, item! with { Marks = item.Marks.SetItem(fact.Validator, fact.Outcome) });
            Cases.Advance(step, fact.Subject);
        }
    }
}
