using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Kernel;
using Ncn.Simulation.Roles;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>How a Byzantine validator checks.</summary>
internal enum CheckingLie
{
    /// <summary>It says nothing.</summary>
    Skips,

    /// <summary>It says what somebody else has revealed.</summary>
    Copies,

    /// <summary>It passes everything: it is of one party with those who cheat.</summary>
    Colludes,

    /// <summary>It finds fault with everything.</summary>
    Accuses,
}

/// <summary>A validator's verification: the real fold over the blocks that it delivers, and the duties that follow (the validator's shell).</summary>
internal sealed class VerifierDesk(ValidatorProcess self, WorkWorld work, VerificationCores cores, VerificationInvariants invariants)
{
    private const ulong SayAgain = 3_000;
    private readonly Dictionary<Hash32, ulong> _said = [];
    private readonly Dictionary<ulong, Hash32> _statements = [];
    private readonly Dictionary<Hash32, VerificationState> _past = [];
    private readonly List<(Block Block, EpochSettings Epoch)> _gathered = [];
    private Hash32? _lacks;
    private readonly CheckingLie _lie = (CheckingLie)(Mix.Of(self.World.Seed, 900 + (ulong)self.Number) % 4);

    /// <summary>Its own requests.</summary>
    internal ProbeDesk Probes { get; } = new(self, work);

    internal VerificationState State { get; private set; } = VerificationState.Create(work.Place, cores.Rules(self.Number));

    /// <summary>For the disk; null while it is not known.</summary>
    internal VerificationState? Kept => _lacks is null ? State : null;

    /// <summary>After a start: as the disk has it.</summary>
    internal void Begin(VerificationState? kept, Ancestor? at)
    {
        _lacks = kept is null ? at?.Hash : null;
        _gathered.Clear();
        _said.Clear();
        _statements.Clear();
        GoOn(kept ?? VerificationState.Create(work.Place, cores.Rules(self.Number)));
    }

    /// <summary>It goes on from a snapshot, and has to have the verification's state after that block too.</summary>
    internal void Restored(Block at)
    {
        _lacks = at.Hash;
        _gathered.Clear();
        _ = TakesOver();
    }

    /// <summary>A final block.</summary>
    internal void Delivered(Block block, EpochSettings epoch)
    {
        if (_lacks is not null)
        {
            _gathered.Add((block, epoch));
            _ = TakesOver();
            return;
        }

        var (before, facts) = (State, FactsOf(block, epoch));
        (State, var outputs) = cores.Apply(before, facts);
        _past[block.Hash] = State;
        foreach (var made in outputs.OfType<VerificationOutput.StatementMade>())
        {
            _statements[made.Number] = made.Root;
            Know(made);
        }

        if (self.IsHonest)
        {
            invariants.Delivered(new Taken(self.Name, before, facts, State, outputs));
        }
    }

    /// <summary>What it has to say now: duties, and that time passes where nothing else makes a block.</summary>
    internal IEnumerable<Operation> Owed()
    {
        if (!TakesOver())
        {
            yield break;
        }

        foreach (var duty in Duties.Of(State, self.Key).ToArray())
        {
            foreach (var operation in Do(duty).Where(IsDue))
            {
                yield return operation;
            }
        }

        foreach (var testimony in Probes.Owed(State).Where(IsDue))
        {
            yield return testimony;
        }

        var period = self.Clock.Now / State.Rules.PeriodMs;
        if (State.IsWaiting && period > State.Period && IsDue(Testify(new Testimony.TimePassed(period))))
        {
            yield return Testify(new Testimony.TimePassed(period));
        }
    }

    /// <summary>What a leader adds of its own view.</summary>
    internal IEnumerable<Operation> Observed(LedgerState parent)
    {
        if (work.Pool.FundsAfter(parent.Number(LedgerTable.FundsSince)) is { } funds)
        {
            yield return funds;
        }

        if (_statements.Count > 0 && _statements.Keys.Max() is var newest && newest > parent.RewardsPeriod())
        {
            yield return new Operation.ObserveRewards(newest, _statements[newest]);
        }
    }

    /// <summary>Null for an observation that cannot be judged yet.</summary>
    internal bool? Judge(Operation operation, LedgerState? parent) => operation switch
    {
        Operation.ObserveFunds funds => parent is null ? null : work.Pool.AreFunds(funds, parent.Number(LedgerTable.FundsSince)),
        Operation.ObserveRewards rewards => _statements.TryGetValue(rewards.Period, out var root) ? root == rewards.Root : State.StatementNumber > rewards.Period ? true : null,
        _ => true,
    };

    // From an honest one, at once: how it is asked for and believed is the validator's shell, and has its own tests.
    private bool TakesOver()
    {
        if (_lacks is not { } at)
        {
            return true;
        }

        if (self.Network.Honest.Select(other => other.Desk!._past.GetValueOrDefault(at)).FirstOrDefault(static state => state is not null) is not { } known)
        {
            return false;
        }

        var blocks = _gathered.ToArray();
        _lacks = null;
        _gathered.Clear();
        GoOn(known);
        foreach (var (block, epoch) in blocks)
        {
            Delivered(block, epoch);
        }

        return true;
    }

    private void GoOn(VerificationState state)
    {
        State = state;
        if (State.StatementNumber > 0)
        {
            _statements[State.StatementNumber] = State.StatementRoot; // it may be the one that others observe next
        }
    }

    private DeliveredBlock FactsOf(Block block, EpochSettings epoch)
    {
        var header = block.Header;
        var facts = new List<Fact>();
        if (block.Height == epoch.Anchor.Height + 1)
        {
            facts.Add(new Fact.SetStarted([.. epoch.Set.Members.Select(member => new Checker(member.Key, WorkWorld.AccountOf(self.Network.OwnerOf(member.Key).Number), member.Weight))]));
        }

        facts.AddRange(block.Operations.SelectMany(static signed => FactsOf(signed.Operation)));
        return new DeliveredBlock(block.Height, header.Epoch, header.Kind == BlockKind.EpochEnd, header.Context.Time, epoch.Set.Members[header.Proposer].Key, header.Context.Reveal, [.. facts]);
    }

    private static IEnumerable<Fact> FactsOf(Operation operation) => operation switch
    {
        Operation.CommitReceipts commit => [new Fact.ReceiptsCommitted(commit.Author, commit.Period, commit.Root, commit.Count, commit.Total)],
        Operation.CommitVerdict commit => [new Fact.VerdictCommitted(commit.Author, commit.Subject)],
        Operation.RevealVerdict reveal => [new Fact.VerdictRevealed(reveal.Author, reveal.Subject, reveal.Outcome)],
        Operation.OpenAudit audit => [new Fact.AuditOpened(audit.Author, audit.Period, audit.Receipt, audit.Client, audit.Bond)],
        Operation.Testify testify => [new Fact.Testified(testify.Author, testify.Topic, testify.Content)],
        Operation.ObserveFunds funds => funds.Entries.Select(static entry => new Fact.FundsReceived((FundKind)entry.Kind, entry.Source, entry.Amount)),
        _ => [],
    };

    private IEnumerable<Operation> Do(Duty duty)
    {
        switch (duty)
        {
            case Duty.Present present when work.Find(present.Commitment.Gateway, present.Commitment.Period) is { IsShown: true } list && Speaks && IsThere(present.Commitment):
                foreach (var proof in Duties.ToPresent(State, present.Commitment, list.Leaves))
                {
                    yield return Testify(new Testimony.ReceiptPresented(proof, null));
                }

                break;
            case Duty.Judge judge when Verdict(judge.Subject, judge.Case) is { } verdict:
                yield return new Operation.CommitVerdict(self.Key, judge.Subject, verdict.Commitment());
                break;
            case Duty.Reveal reveal when State.Cases.TryGetValue(reveal.Subject, out var item):
                foreach (var outcome in self.IsHonest ? [Found(item)] : Enum.GetValues<Finding>())
                {
                    yield return Reveal(reveal.Subject, outcome);
                }

                break;
            default:
                break;
        }
    }

    private void Know(VerificationOutput.StatementMade made)
    {
        if (self.IsHonest)
        {
            work.Pool.Know(made);
        }
    }

    private bool IsThere(CommitmentKey of) => work.IsReached(of.Gateway, of.Period, self.Number) || State.Audits.Any(audit => audit.Key.Gateway == of.Gateway && audit.Value.Period == of.Period);

    private bool Speaks => self.IsHonest || _lie is CheckingLie.Accuses or CheckingLie.Copies;

    private Operation.RevealVerdict? Verdict(Hash32 subject, Case item)
    {
        if (self.IsHonest)
        {
            return Reveal(subject, Found(item));
        }

        Finding? said = _lie switch
        {
            CheckingLie.Colludes => Finding.Passed,
            CheckingLie.Accuses => Finding.Failed,
            CheckingLie.Copies => State.Members.Select(member => item.FindingOf(member.Key)).FirstOrDefault(static finding => finding is not null) ?? Finding.Passed,
            _ => null,
        };
        return said is { } finding ? Reveal(subject, finding) : null;
    }

    // Who demands an audit is there for it.
    private Finding Found(Case item) => cores.Says ?? (item.Kind == CaseKind.Audit || work.IsReached(item.Gateway, item.Period, self.Number) ? work.FindingOf(item) : Finding.Unreachable);

    private Operation.RevealVerdict Reveal(Hash32 subject, Finding finding) => new(self.Key, subject, (byte)finding, Names.Content(Mix.Of(self.World.Seed, (ulong)self.Number)));

    private Operation.Testify Testify(Testimony testimony) => new(self.Key, testimony.Topic, testimony.Content);

    private bool IsDue(Operation operation)
    {
        var hash = SignedOperation.Trust(operation, default).Hash;
        if (_said.TryGetValue(hash, out var at) && at + SayAgain > self.World.Now)
        {
            return false;
        }

        _said[hash] = self.World.Now;
        return true;
    }
}
