using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>
/// What a block does, in this order: 1. time and the set; 2. stages that are over; 3. beacons; 4. facts; 5. the end of an epoch; 6. a statement.
/// </summary>
internal static class Deliveries
{
    internal static void Deliver(Step step, DeliveredBlock block)
    {
        if (block.Height <= step.State.Height)
        {
            return; // It was delivered before.
        }

        ImmutableArray<Fact> facts = block.Facts.IsDefault ? [] : block.Facts;
        var hasPassed = Begin(step, block);
        foreach (var started in facts.OfType<Fact.SetStarted>())
        {
            StartSet(step, started);
        }

        if (hasPassed)
        {
            Cases.AdvanceAll(step);
            Commitments.Age(step);
            Probes.Forget(step);
            Audits.Age(step);
        }

        Commitments.Reveal(step, block.Proposer, block.Reveal);
        foreach (var fact in facts)
        {
            Take(step, fact);
        }

        if (block.IsEpochEnd)
        {
            EpochEnd.Close(step);
        }

        if (step.NeedsStatement)
        {
            Statements.Make(step);
        }
    }

    // Time goes on by at most one period a block: where the ledger stood still, no deadline passed.
    private static bool Begin(Step step, DeliveredBlock block)
    {
        var state = step.State;
        var period = Math.Max(state.Period, block.TimeMs / state.Rules.PeriodMs);
        var hasPassed = period > state.Period;
        step.State = state with { Height = block.Height, Epoch = Math.Max(state.Epoch, block.Epoch), Period = period, Clock = hasPassed ? state.Clock + 1 : state.Clock };
        return hasPassed;
    }

    // Ascending by key, as in the validators' set; a set that cannot be one leaves the one before.
    private static void StartSet(Step step, Fact.SetStarted started)
    {
        var members = started.Members.IsDefault ? [] : started.Members;
        var isSet = members.Length is > 0 and <= Bounds.Members && members.All(static member => !member.Key.IsZero && member.Weight > 0 && member.Weight >> 96 == 0)
            && members.Zip(members.Skip(1)).All(static pair => pair.First.Key < pair.Second.Key);
        if (isSet)
        {
            step.State = step.State with { Members = members };
        }
    }

    private static void Take(Step step, Fact fact)
    {
        switch (fact)
        {
            case Fact.ReceiptsCommitted committed:
                Commitments.Commit(step, committed);
                break;
            case Fact.VerdictCommitted committed:
                Verdicts.Commit(step, committed);
                break;
            case Fact.VerdictRevealed revealed:
                Verdicts.Reveal(step, revealed);
                break;
            case Fact.AuditOpened opened:
                Audits.Open(step, opened);
                break;
            case Fact.FloorObserved { FloorPpm: > 0 and <= VerificationRules.One } observed:
                step.State = step.State with { NextFloorPpm = observed.FloorPpm };
                break;
            case Fact.FundsReceived received:
                Funds.Receive(step, received);
                break;
            case Fact.Testified testified:
                Testify(step, testified.Author, Testimony.Read(testified.Topic, testified.Content.Span));
                break;
            default:
                break; // The set was taken first.
        }
    }

    private static void Testify(Step step, Address author, Testimony? testimony)
    {
        switch (testimony)
        {
            case Testimony.ReceiptPresented presented when step.IsMember(author):
                Presentations.Present(step, presented);
                break;
            case Testimony.CanaryPresented presented when step.IsMember(author):
                Presentations.Present(step, author, presented);
                break;
            case Testimony.ProbeCommitted committed when step.IsMember(author):
                Probes.Commit(step, author, committed);
                break;
            case Testimony.PlantOpened opened:
                Probes.OpenPlant(step, author, opened);
                break;
            default:
                break; // Not a testimony, not of a member, or only a sign that time passes.
        }
    }
}
