using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Engine;
using Ncn.Verification;

namespace Ncn.Validator.OnChain;

/// <summary>The verification of work as a fold over the delivered blocks, and what the ledger is told of it. Moved by the engine's thread, read by any.</summary>
/// <remarks>A validator that went on from a snapshot of the ledger has not seen all blocks: it knows nothing here until it starts from a stated state.</remarks>
internal sealed class WorkFold(VerificationPlace place, VerificationRules rules, Func<Address, Address?> accounts) : IObservationSource
{
    private const int MostStatements = 8;
    private volatile VerificationState? _state;
    private volatile ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> _statements = [];
    private ulong _epoch;

    /// <summary>Null while it is not known.</summary>
    internal VerificationState? State => _state;

    /// <summary>The newest statements, oldest first.</summary>
    internal ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> Statements => _statements;

    /// <summary>From what was kept with the ledger.</summary>
    internal void Begin(ReadOnlySpan<byte> kept, bool isGenesis)
    {
        _state = kept.IsEmpty ? isGenesis ? VerificationState.Create(place, rules) : null : VerificationState.Read(kept);
        _epoch = _state?.Epoch ?? 0;
    }

    internal void Lose() => (_state, _epoch) = (null, 0);

    internal Func<byte[]> Keep()
    {
        var state = _state;
        return () => state?.Write() ?? [];
    }

    /// <summary>A final block; what followed from it.</summary>
    internal IReadOnlyList<VerificationOutput> Deliver(Block block, EpochSettings epoch)
    {
        if (_state is not { } state || block.Header.Kind == BlockKind.Tail || block.Height <= state.Height)
        {
            return [];
        }

        var (next, outputs) = VerificationState.Apply(state, FactsOf(block, epoch));
        (_state, _epoch) = (next, epoch.Number);
        foreach (var made in outputs.OfType<VerificationOutput.StatementMade>())
        {
            var statements = _statements.Add((made.Number, made.Root, made.Stated));
            _statements = statements.Count > MostStatements ? statements.RemoveAt(0) : statements;
        }

        return outputs;
    }

    public bool Sees(Operation observation, LedgerState ledger) =>
        observation is Operation.ObserveRewards rewards && _statements.Any(statement => statement.Number == rewards.Period && statement.Root == rewards.Root);

    public IEnumerable<Operation> Due(LedgerState ledger) =>
        _statements.LastOrDefault() is { Number: > 0 } newest && newest.Number > ledger.RewardsPeriod() ? [new Operation.ObserveRewards(newest.Number, newest.Root)] : [];

    private DeliveredBlock FactsOf(Block block, EpochSettings epoch)
    {
        var facts = ImmutableArray.CreateBuilder<Fact>();
        if (_epoch != epoch.Number)
        {
            facts.Add(new Fact.SetStarted([.. epoch.Set.Members.Select(member => new Checker(member.Key, accounts(member.Key) ?? member.Key, member.Weight))]));
        }

        foreach (var operation in block.Operations)
        {
            facts.AddRange(FactsOf(operation.Operation));
        }

        var header = block.Header;
        return new DeliveredBlock(
            header.Height, header.Epoch, header.Kind == BlockKind.EpochEnd, header.Context.Time, epoch.Set.Members[header.Proposer].Key, header.Context.Reveal, facts.ToImmutable());
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
}
