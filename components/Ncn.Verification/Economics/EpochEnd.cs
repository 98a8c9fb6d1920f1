using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>An epoch ends: 1. who is accused is slashed, who has served may return; 2. fees are shared out; 3. unused bonds go back; 4. the next epoch starts from nothing done, by the floor that was observed.</summary>
internal static class EpochEnd
{
    private const ulong CreditEpochs = 2;

    internal static void Close(Step step)
    {
        foreach (var (node, record) in step.State.Nodes.Where(static entry => entry.Value.Sentence is not null))
        {
            Judge(step, node, record);
        }

        foreach (var (gateway, record) in step.State.Gateways.Where(entry => entry.Value.Sentence is not null && entry.Value.SentencedAt < step.State.Epoch))
        {
            Records.SetGateway(step, gateway, record with { Sentence = null, Test = default });
            step.Outputs.Add(new VerificationOutput.StatusChanged(PenalizedRole.Gateway, gateway, StandingStatus.New));
        }

        Shares.ShareOut(step);
        ReturnCredits(step);
        step.State = step.State with { Duty = ImmutableSortedDictionary<Address, DutyRecord>.Empty, Work = ImmutableSortedDictionary<WorkKey, Work>.Empty };
        TakeFloor(step);
        step.NeedsStatement = true;
    }

    private static void TakeFloor(Step step)
    {
        if (step.State.NextFloorPpm is > 0 and var floor)
        {
            step.State = step.State with { Rules = step.Rules with { FloorPpm = floor }, NextFloorPpm = 0 };
        }
    }

    private static void Judge(Step step, Address node, WorkRecord record)
    {
        if (record.Sentence == StandingStatus.Suspended)
        {
            Sentences.Slash(step, node, record);
        }
        else if (step.Rules.ReturnEpochs > 0 && record.SentencedAt + step.Rules.ReturnEpochs <= step.State.Epoch)
        {
            Records.SetNode(step, node, Records.Freed(step, node, record with { Passes = 0, Test = default }));
        }
    }

    private static void ReturnCredits(Step step)
    {
        foreach (var (who, credit) in step.State.Credits.Where(entry => entry.Value.Amount.IsZero || entry.Value.Epoch + CreditEpochs <= step.State.Epoch))
        {
            step.State = step.State with { Credits = step.State.Credits.Remove(who) };
            Funds.Earn(step, who, credit.Amount);
        }
    }
}
