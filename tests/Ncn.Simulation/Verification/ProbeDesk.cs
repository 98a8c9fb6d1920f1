using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>What a Byzantine validator does with probes.</summary>
internal enum ProbingLie
{
    /// <summary>It opens its requests to a node that cheats as plants, so that nothing is held against it.</summary>
    Excuses,

    /// <summary>It opens requests that were answered well as plants.</summary>
    CallsPlants,

    /// <summary>It opens what it never committed to, and commits to what it never sends.</summary>
    Forges,
}

/// <summary>A validator's own requests: canaries and plants, committed to, presented or opened (the validator's shell).</summary>
internal sealed class ProbeDesk(ValidatorProcess self, WorkWorld work)
{
    private const ulong SendsOneIn = 3;
    private const ulong PaidIn = 4_000;
    private const ulong PeriodsToCommit = 2;
    private const int MostSent = 12;
    private readonly List<Sent> _sent = [];
    private readonly ProbingLie _lie = (ProbingLie)(Mix.Of(self.World.Seed, 950 + (ulong)self.Number) % 3);
    private ulong _period;

    /// <summary>What is to be said now; in a new period perhaps another request is sent.</summary>
    internal IEnumerable<Operation.Testify> Owed(VerificationState state)
    {
        var period = self.World.Now / state.Rules.PeriodMs;
        if (period > _period && state.Members.Any(member => member.Key == self.Key))
        {
            _period = period;
            Send(state, period);
        }

        return [.. _sent.SelectMany(sent => Of(state, sent, period)), .. self.IsHonest || _lie != ProbingLie.Forges ? [] : Forged(state)];
    }

    private void Send(VerificationState state, ulong period)
    {
        var luck = Mix.Of(Mix.Of(self.World.Seed, 980 + (ulong)self.Number), period);
        if (luck % SendsOneIn != 0)
        {
            return;
        }

        var isPlant = self.IsHonest && luck / SendsOneIn % 3 == 0;
        var gateway = WorkWorld.GatewayOf((int)(luck / 16 % (ulong)WorkWorld.AllGateways.Count()));
        var nodes = WorkWorld.AllNodes.Where(node => state.NodeOf(node).Sentence is null && (self.IsHonest || (_lie == ProbingLie.Excuses) == work.IsCheating(node))).ToArray();
        if (nodes.Length > 0 && work.Order(gateway, period, isPlant ? WorkWorld.PlantingNodeOf(self.Number) : nodes[luck / 64 % (ulong)nodes.Length], isPlant) is { } leaf)
        {
            _sent.Add(new Sent(gateway, period, leaf, Names.Content(luck), isPlant || !self.IsHonest));
            _sent.RemoveRange(0, Math.Max(0, _sent.Count - MostSent));
            PayFor(state, isPlant || !self.IsHonest);
        }
    }

    private void PayFor(VerificationState state, bool isPlant)
    {
        var account = WorkWorld.AccountOf(self.Number);
        if (isPlant && state.Credits.GetValueOrDefault(account).Amount < new TokenAmount(PaidIn))
        {
            work.Pool.PayIn(account, PaidIn);
        }
    }

    private IEnumerable<Operation.Testify> Of(VerificationState state, Sent sent, ulong period)
    {
        sent.WasTaken |= state.HasProbe(self.Key, Probe.Commitment(self.Key, sent.Leaf.Digest, sent.Salt));
        if (!sent.WasTaken && period <= sent.Period + PeriodsToCommit)
        {
            yield return Say(new Testimony.ProbeCommitted(Probe.Commitment(self.Key, sent.Leaf.Digest, sent.Salt)));
        }

        if (!sent.IsPlant && Proof(state, sent) is { } proof)
        {
            yield return Say(new Testimony.CanaryPresented(proof, sent.Salt));
        }

        foreach (var (subject, _) in Duties.Openable(state).Where(open => sent.IsPlant && open.Leaf.Digest == sent.Leaf.Digest))
        {
            yield return Say(new Testimony.PlantOpened(subject, sent.Salt));
        }
    }

    private ReceiptProof? Proof(VerificationState state, Sent sent)
    {
        var isOpen = state.Commitments.TryGetValue(new CommitmentKey(sent.Gateway, sent.Period), out var commitment) && commitment.IsDrawn && state.Clock <= commitment.DrawnAt + 1;
        if (!isOpen || work.Find(sent.Gateway, sent.Period) is not { IsShown: true } list)
        {
            return null;
        }

        var index = list.Receipts.Select(static receipt => receipt.Leaf.Digest).ToList().IndexOf(sent.Leaf.Digest);
        return commitment!.Seen.Contains((uint)index) ? null : ReceiptProof.Of(sent.Gateway, sent.Period, list.Leaves, index);
    }

    // Salts of others are public once they have opened something; here they are guessed right.
    private IEnumerable<Operation.Testify> Forged(VerificationState state)
    {
        foreach (var (subject, leaf) in Duties.Openable(state).Take(2))
        {
            yield return Say(new Testimony.PlantOpened(subject, SaltOf(leaf.Digest)));
        }

        if (state.Commitments.FirstOrDefault(static entry => entry.Value.IsDrawn) is { Value: not null } entry && work.Find(entry.Key.Gateway, entry.Key.Period) is { IsShown: true } list)
        {
            yield return Say(new Testimony.CanaryPresented(ReceiptProof.Of(entry.Key.Gateway, entry.Key.Period, list.Leaves, 0), SaltOf(list.Leaves[0].Digest)));
        }

        yield return Say(new Testimony.ProbeCommitted(Names.Content(_period)));
    }

    private Hash32 SaltOf(Hash32 receipt) => self.Network.All.Select(other => other.Desk!.Probes.FindSalt(receipt)).FirstOrDefault(static salt => salt is not null) ?? receipt;

    private Hash32? FindSalt(Hash32 receipt) => _sent.Find(sent => sent.Leaf.Digest == receipt)?.Salt;

    private Operation.Testify Say(Testimony testimony) => new(self.Key, testimony.Topic, testimony.Content);

    private sealed record Sent(Address Gateway, ulong Period, ReceiptLeaf Leaf, Hash32 Salt, bool IsPlant)
    {
        internal bool WasTaken { get; set; }
    }
}
