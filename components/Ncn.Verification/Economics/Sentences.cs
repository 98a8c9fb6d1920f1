using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>
/// Penalties and pardons. A slash is SlashPercent of what was taken by cheating, as the sample estimates it: each failed receipt stands for
/// 1,000,000 / rate receipts of its price. With one gain g a job, rate p and k failed jobs at risk that is g · k / p, which is no less than
/// g · k · (1 - p) / p: the slash takes more than cheating brings in.
/// </summary>
internal static class Sentences
{
    private const byte IdTag = 7;
    private const byte ReasonTag = 8;

    /// <summary>A suspended node is slashed.</summary>
    internal static void Slash(Step step, Address node, WorkRecord record)
    {
        var units = Saturating.Scale(record.Taken, step.Rules.SlashPercent, 100);
        Open(step, PenalizedRole.Node, node, TokenAmount.Max(new TokenAmount(units), step.Rules.LeastSlash), default, default, record.Faults);
        Records.SetNode(step, node, record with { Sentence = StandingStatus.Slashed, SentencedAt = step.State.Epoch, Test = default, Taken = 0, Faults = [] });
        step.Outputs.Add(new VerificationOutput.StatusChanged(PenalizedRole.Node, node, StandingStatus.Slashed));
    }

    /// <summary>A penalty becomes a leaf; the oldest goes when there are too many.</summary>
    internal static void Open(Step step, PenalizedRole role, Address who, TokenAmount amount, Address owedTo, TokenAmount owed, ImmutableArray<Hash32> cases)
    {
        var reason = Keccak256.Of(cases.Aggregate(new CanonicalWriter().Byte(ReasonTag), static (all, one) => all.Word(one)).Written);
        var id = Keccak256.Of(new CanonicalWriter().Byte(IdTag).Word(reason).Byte((byte)role).Address(who).Number(step.State.Height).Written);
        var penalty = new Penalty(id, role, who, TokenAmount.Min(amount, Bounds.Amount), reason, step.State.Epoch, owedTo, TokenAmount.Min(owed, amount), cases);
        Drop(step);
        step.State = step.State with { Penalties = step.State.Penalties.SetItem(id, penalty) };
        step.NeedsStatement = true;
        step.Outputs.Add(new VerificationOutput.PenaltyDecided(penalty));
    }

    /// <summary>Penalties that stand on a fault that was none: they fall when what is left would accuse nobody.</summary>
    internal static void Overturn(Step step, Hash32 fault, Address node)
    {
        foreach (var penalty in step.State.Penalties.Values.Where(penalty => penalty.Cases.Contains(fault) && penalty.Operator == node))
        {
            var left = penalty with { Cases = penalty.Cases.Remove(fault) };
            step.State = step.State with { Penalties = step.State.Penalties.SetItem(penalty.Id, left) };
            if (left.Cases.Length * step.Rules.Test.Fail < step.Rules.Test.Accuse && !step.State.Pardons.Contains(penalty.Id))
            {
                Pardon(step, penalty);
            }
        }
    }

    private static void Pardon(Step step, Penalty penalty)
    {
        step.State = step.State with { Pardons = step.State.Pardons.Add(penalty.Id) };
        step.NeedsStatement = true;
        step.Outputs.Add(new VerificationOutput.PenaltyPardoned(penalty.Id));
        var record = step.State.NodeOf(penalty.Operator);
        if (record.Sentence == StandingStatus.Slashed)
        {
            Records.SetNode(step, penalty.Operator, Records.Freed(step, penalty.Operator, record));
        }
    }

    private static void Drop(Step step)
    {
        if (step.State.Penalties.Count >= Bounds.Penalties)
        {
            var oldest = step.State.Penalties.Values.OrderBy(static penalty => (penalty.Epoch, penalty.Id)).First().Id;
            step.State = step.State with { Penalties = step.State.Penalties.Remove(oldest), Pardons = step.State.Pardons.Remove(oldest) };
        }
    }
}
