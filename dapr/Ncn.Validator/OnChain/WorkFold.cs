using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Durable;
using Ncn.Validator.Engine;
using Ncn.Verification;

namespace Ncn.Validator.OnChain;

/// <summary>The verification of work as a fold over the delivered blocks, and what the ledger is told of it. Moved by the engine's thread, read by any.</summary>
/// <param name="accounts">The account that the chain names for a key; null while it has not been read.</param>
/// <remarks>A validator that went on from a snapshot of the ledger has not seen all blocks: it knows nothing here until it starts from a stated state.</remarks>
internal sealed class WorkFold(VerificationPlace place, VerificationRules rules, Func<Address, Address?> accounts) : IObservationSource
{
    private const int MostStatements = 8;
    private const int MostKeptBytes = 32 << 20;
    private const byte KeptVersion = 2; // 1 began a state without statements
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
        if (kept is [KeptVersion, ..])
        {
            Read(new LogReader(kept[1..]));
        }
        else
        {
            _state = kept.IsEmpty ? isGenesis ? VerificationState.Create(place, rules) : null : VerificationState.Read(kept);
        }

        _epoch = _state?.Epoch ?? 0;
    }

    internal void Lose() => (_state, _epoch) = (null, 0);

    internal Func<byte[]> Keep()
    {
        var (state, statements) = (_state, _statements);
        return () => state is null && statements.IsEmpty ? [] : Write(state, statements);
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

    private void Read(LogReader reader)
    {
        var state = reader.Bytes();
        _state = state.IsEmpty ? null : VerificationState.Read(state);
        var statements = ImmutableList.CreateBuilder<(ulong Number, Hash32 Root, VerificationState Stated)>();
        while (!reader.IsAtEnd)
        {
            var (number, root) = (reader.Number(), reader.Word());
            statements.Add((number, root, VerificationState.Read(reader.Bytes()) ?? throw new FormatException($"statement {number} is not what was written")));
        }

        _statements = statements.ToImmutable();
    }

    // The newest statements, as far as there is room: claims and penalties under the chain's root are proved from them.
    private static byte[] Write(VerificationState? state, ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> statements)
    {
        var writer = new CanonicalWriter().Byte(KeptVersion).Bytes(state?.Write() ?? []);
        var room = MostKeptBytes;
        var kept = statements.Reverse().Select(static statement => (statement.Number, statement.Root, Bytes: statement.Stated.Write())).TakeWhile(statement => (room -= statement.Bytes.Length) >= 0);
        foreach (var (number, root, bytes) in kept.Reverse().ToArray())
        {
            writer.Number(number).Word(root).Bytes(bytes);
        }

        return writer.Written.ToArray();
    }

    private DeliveredBlock FactsOf(Block block, EpochSettings epoch)
    {
        var facts = ImmutableArray.CreateBuilder<Fact>();
        if (_epoch != epoch.Number)
        {
            facts.Add(new Fact.SetStarted([.. epoch.Set.Members.Select(member => new Checker(member.Key, AccountOf(member.Key), member.Weight))]));
        }

        foreach (var operation in block.Operations)
        {
            facts.AddRange(FactsOf(operation.Operation));
        }

        var header = block.Header;
        return new DeliveredBlock(
            header.Height, header.Epoch, header.Kind == BlockKind.EpochEnd, header.Context.Time, epoch.Set.Members[header.Proposer].Key, header.Context.Reveal, facts.ToImmutable());
    }

    // The chain never changes whose a key is, and no epoch begins here before it is known: so all have the same answer.
    private Address AccountOf(Address key) =>
        accounts(key) ?? throw new InvalidOperationException($"The chain has not shown whose the consensus key {key} is: an epoch began before its set was known.");

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
