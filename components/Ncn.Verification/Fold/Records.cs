using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>What decisions do to the records of nodes and gateways.</summary>
internal static class Records
{
    /// <summary>A decided case counts for who it is about.</summary>
    internal static void Judge(Step step, Hash32 subject, Case item, Decision decision)
    {
        if (item.Leaf is { } leaf)
        {
            JudgeNode(step, subject, item, leaf, decision.Node);
        }

        if (decision.Gateway is Judgement.Failed or Judgement.Away)
        {
            Void(step, new CommitmentKey(item.Gateway, item.Period));
        }

        if (decision.Gateway == Judgement.Failed)
        {
            FailGateway(step, subject, item.Gateway);
        }
        else if (decision.Gateway == Judgement.Passed && item.Kind is CaseKind.List or CaseKind.Receipt)
        {
            SetGateway(step, item.Gateway, Pass(step.State.Gateways.GetValueOrDefault(item.Gateway, WorkRecord.None), step.Rules));
        }
    }

    /// <summary>An audit found right what was found wrong before: that fault counts no more.</summary>
    internal static void Overturn(Step step, Hash32 fault, Address node)
    {
        var record = step.State.NodeOf(node);
        if (record.Faults.Contains(fault))
        {
            var left = record with
            {
                Test = record.Test.Without(step.Rules.Test),
                Taken = record.Taken - (record.Taken / (uint)record.Faults.Length),
                Faults = record.Faults.Remove(fault),
            };
            SetNode(step, node, left.Sentence == StandingStatus.Suspended && !left.Test.Accuses(step.Rules.Test) ? Freed(step, node, left) : left);
        }

        Sentences.Overturn(step, fault, node);
    }

    /// <summary>The node has no sentence any more.</summary>
    internal static WorkRecord Freed(Step step, Address node, WorkRecord record)
    {
        var freed = record with { Sentence = null };
        step.Outputs.Add(new VerificationOutput.StatusChanged(PenalizedRole.Node, node, freed.StatusUnder(step.Rules)));
        return freed;
    }

    internal static void SetNode(Step step, Address node, WorkRecord record) => step.State = step.State with { Nodes = With(step.State.Nodes, node, record) };

    internal static void SetGateway(Step step, Address gateway, WorkRecord record) => step.State = step.State with { Gateways = With(step.State.Gateways, gateway, record) };

    private static void JudgeNode(Step step, Hash32 subject, Case item, ReceiptLeaf leaf, Judgement judgement)
    {
        var record = step.State.NodeOf(leaf.Node);
        if (judgement == Judgement.Failed)
        {
            SetNode(step, leaf.Node, Fail(step, PenalizedRole.Node, leaf.Node, record, subject, item.Kind == CaseKind.Audit ? 0 : TakenBy(item, leaf), item.Model));
        }
        else if (judgement == Judgement.Passed)
        {
            // Who picks what is checked (a canary's sender, an audit's opener) can make a record worse, and not better.
            var isDrawn = item.Kind == CaseKind.Receipt && item.Planter.IsZero;
            SetNode(step, leaf.Node, isDrawn ? WithModel(Pass(record, step.Rules), item.Model) : record with { Checked = record.Checked + 1 });
            if (isDrawn)
            {
                Credit(step, new CommitmentKey(item.Gateway, item.Period), leaf, item.RatePpm);
            }
        }
    }

    /// <summary>What a false receipt of the sample stands for. What an audit's loser took is in the audit's own penalty.</summary>
    internal static UInt128 TakenBy(Case item, ReceiptLeaf leaf) => TakenBy(leaf.Price, item.RatePpm);

    internal static UInt128 TakenBy(TokenAmount price, uint ratePpm) => Saturating.Scale(price.Units, VerificationRules.One, Math.Max(ratePpm, 1));

    private static WorkRecord Pass(WorkRecord record, VerificationRules rules) => record.Sentence is null
        ? record with { Test = record.Test.After(true, rules.Test), Passes = record.Passes + 1, Checked = record.Checked + 1 }
        : record with { Checked = record.Checked + 1 };

    private static WorkRecord Fail(Step step, PenalizedRole role, Address who, WorkRecord record, Hash32 subject, UInt128 taken, ModelDigest model)
    {
        var faults = record.Faults.Add(subject);
        var failed = record with
        {
            Test = record.Test.After(false, step.Rules.Test), Passes = 0, Checked = record.Checked + 1, Failed = record.Failed + 1, FaultEpoch = step.State.Epoch,
            Taken = Saturating.Add(record.Taken, taken), Faults = faults.Length > WorkRecord.MostFaults ? faults.RemoveAt(0) : faults, Models = record.Models.Remove(model.Value),
        };
        if (failed.Sentence is not null || !failed.Test.Accuses(step.Rules.Test))
        {
            return failed;
        }

        step.Outputs.Add(new VerificationOutput.StatusChanged(role, who, StandingStatus.Suspended));
        return failed with { Sentence = StandingStatus.Suspended, SentencedAt = step.State.Epoch };
    }

    private static void FailGateway(Step step, Hash32 subject, Address gateway)
    {
        var record = step.State.Gateways.GetValueOrDefault(gateway, WorkRecord.None);
        SetGateway(step, gateway, Fail(step, PenalizedRole.Gateway, gateway, record, subject, 0, default));
    }

    private static void Void(Step step, CommitmentKey key)
    {
        if (step.State.Commitments.TryGetValue(key, out var commitment))
        {
            step.SetCommitment(key, commitment with { IsVoid = true });
        }
    }

    private static void Credit(Step step, CommitmentKey key, ReceiptLeaf leaf, uint ratePpm)
    {
        if (step.State.Commitments.TryGetValue(key, out var commitment))
        {
            var done = Saturating.Scale(leaf.Price.Units, VerificationRules.One, Math.Max(ratePpm, 1));
            step.SetCommitment(key, commitment with { Work = commitment.Work.SetItem(leaf.Node, Saturating.Add(commitment.Work.GetValueOrDefault(leaf.Node), done)) });
        }
    }

    private static WorkRecord WithModel(WorkRecord record, ModelDigest model)
    {
        if (model.Value.IsZero)
        {
            return record;
        }

        var models = record.Models.SetItem(model.Value, record.Models.GetValueOrDefault(model.Value) + 1);
        return record with { Models = models.Count <= WorkRecord.MostModels ? models : models.Remove(models.MinBy(static entry => entry.Value).Key) };
    }

    // A full table forgets who has the least to lose, and the longest unseen of those: it starts again as unknown, which is the strictest.
    private static ImmutableSortedDictionary<Address, WorkRecord> With(ImmutableSortedDictionary<Address, WorkRecord> records, Address who, WorkRecord record)
    {
        if (records.Count >= Bounds.Records && !records.ContainsKey(who))
        {
            var least = records.OrderBy(static entry => (entry.Value.Sentence is null && entry.Value.Test.Evidence == 0 ? 0 : 1, entry.Value.Passes, entry.Value.LastPeriod, entry.Key)).First();
            records = records.Remove(least.Key);
        }

        return records.SetItem(who, record);
    }
}
