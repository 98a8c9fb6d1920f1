using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>The stages of a case. Each ends when all that it waits for is there, or when its time is over.</summary>
internal static class Cases
{
    private static readonly ImmutableSortedDictionary<Address, byte> NoMarks = ImmutableSortedDictionary<Address, byte>.Empty;

    /// <summary>A list or a receipt is to be judged by some. Without validators there is nobody to judge.</summary>
    internal static void Open(Step step, Hash32 subject, CaseKind kind, CommitmentKey of, uint index, ReceiptLeaf? leaf, ModelDigest model, uint rate)
    {
        var state = step.State;
        if (state.Members.IsEmpty || state.Cases.Count >= Bounds.Cases || state.Cases.ContainsKey(subject))
        {
            return;
        }

        var checkers = Assignment.Draw(subject, state.Members, state.Rules.Checkers);
        var commitment = state.Commitments[of];
        step.SetCommitment(of, commitment with { Open = commitment.Open + 1 });
        Begin(step, subject, new Case(kind, of.Gateway, of.Period, index, leaf, model, rate, CaseStage.Committing, state.Clock + 1, checkers, NoMarks, false, default, default));
    }

    /// <summary>An answer is to be judged by all.</summary>
    internal static void OpenAudit(Step step, Hash32 subject, AuditKey key, ulong period, uint index, ReceiptLeaf? leaf, ModelDigest model)
    {
        ImmutableArray<Address> all = [.. step.State.Members.Select(static member => member.Key)];
        Begin(step, subject, new Case(
            CaseKind.Audit, key.Gateway, period, index, leaf, model, VerificationRules.One, CaseStage.Committing, step.Clock + step.Rules.AuditPeriods, all, NoMarks, true, default, key.Receipt));
    }

    /// <summary>A period has passed.</summary>
    internal static void AdvanceAll(Step step)
    {
        foreach (var (subject, _) in step.State.Cases.Where(entry => entry.Value.Until < step.Clock))
        {
            Advance(step, subject);
        }
    }

    /// <summary>Goes on while stages end; removes the case with the last.</summary>
    internal static void Advance(Step step, Hash32 subject)
    {
        while (step.State.Cases.TryGetValue(subject, out var item) && HasEnded(step, item))
        {
            Next(step, subject, item);
        }
    }

    private static void Begin(Step step, Hash32 subject, Case item)
    {
        step.SetCase(subject, item);
        step.Outputs.Add(new VerificationOutput.CaseOpened(subject, item));
    }

    private static bool HasEnded(Step step, Case item) => step.Clock > item.Until || item.Stage switch
    {
        CaseStage.Committing => item.Checkers.All(item.Marks.ContainsKey),
        CaseStage.Opening => item.IsEscalated && !CanBePlant(step, item) && step.State.Members.All(member => item.Marks.ContainsKey(member.Key)),
        _ => !item.Marks.ContainsValue(Case.Committed),
    };

    private static void Next(Step step, Hash32 subject, Case item)
    {
        switch (item.Stage)
        {
            case CaseStage.Committing:
                step.SetCase(subject, item with { Stage = CaseStage.Revealing, Until = step.Clock + 1 });
                break;
            case CaseStage.Revealing:
                AfterFirstReveals(step, subject, item with { Marks = WithMisses(item) });
                break;
            case CaseStage.Opening when item.IsEscalated:
                step.SetCase(subject, item with { Stage = CaseStage.RevealingAll, Until = step.Clock + 1 });
                break;
            default:
                Decisions.Decide(step, subject, item);
                break;
        }
    }

    // A plant may be opened now; a fault, a contradiction or silence calls everybody.
    private static void AfterFirstReveals(Step step, Hash32 subject, Case item)
    {
        if (item.Kind == CaseKind.Audit)
        {
            Decisions.Decide(step, subject, item);
            return;
        }

        var found = item.Checkers.Select(item.FindingOf).OfType<Finding>().ToArray();
        var isClean = found.All(static finding => finding is Finding.Passed or Finding.Unchecked) && (found.Contains(Finding.Passed) || found.Length == item.Checkers.Length);
        if (isClean && !CanBePlant(step, item))
        {
            Decisions.Decide(step, subject, item);
            return;
        }

        step.SetCase(subject, item with { Stage = CaseStage.Opening, IsEscalated = !isClean, Until = step.Clock + 1 });
        if (!isClean)
        {
            step.Outputs.Add(new VerificationOutput.CaseEscalated(subject));
        }
    }

    private static bool CanBePlant(Step step, Case item) => item is { Kind: CaseKind.Receipt, Planter.IsZero: true } && !step.State.Probes.IsEmpty;

    private static ImmutableSortedDictionary<Address, byte> WithMisses(Case item) =>
        item.Marks.SetItems(item.Checkers.Where(checker => item.FindingOf(checker) is null).Select(static checker => KeyValuePair.Create(checker, Case.Missed)));
}
