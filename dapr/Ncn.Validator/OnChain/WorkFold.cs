using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Engine;
using Ncn.Verification;

namespace Ncn.Validator.OnChain;

/// <summary>The verification of work as a fold over the delivered blocks, and what the ledger is told of it. Moved by the engine's thread, read by any.</summary>
/// <param name="accounts">The account that the chain names for a key; null while it has not been read.</param>
/// <remarks>
/// A validator that went on from a snapshot of the ledger has not seen all blocks. It lacks the state after the last block that it left out, gathers those
/// that come after it, and goes on when others have given it that state (<see cref="Engine.KeptFetching"/>).
/// </remarks>
internal sealed class WorkFold(VerificationPlace place, VerificationRules rules, Func<Address, Address?> accounts) : IObservationSource, IKeptState
{
    /// <summary>Blocks that are gathered while the state is lacking; beyond, the state after the newest is wanted instead. Fewer than others keep states for.</summary>
    internal const int MostGathered = 256;

    private const int MostStatements = 8;
    private const uint PpmPerBasisPoint = 100;
    private readonly PastStates _past = new();
    private readonly List<(Block Block, EpochSettings Epoch)> _gathered = [];
    private volatile VerificationState? _state;
    private volatile ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> _statements = [];
    private ulong _epoch;

    /// <summary>Null while it is not known.</summary>
    internal VerificationState? State => _state;

    /// <summary>The newest statements, oldest first.</summary>
    internal ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> Statements => _statements;

    public Hash32? Lacks { get; private set; }

    /// <summary>From what was kept with a ledger.</summary>
    /// <param name="at">The block that the ledger is after.</param>
    internal void Begin(ReadOnlySpan<byte> kept, Ancestor at)
    {
        var isGenesis = at.Height == 0;
        (var state, _statements) = WorkFoldForm.Read(kept);
        Set(state ?? (isGenesis ? VerificationState.Create(place, rules) : null), at.Hash, at.Kind);
    }

    /// <summary>The ledger goes on from a snapshot after this block; blocks were left out.</summary>
    internal void Jump(Block block)
    {
        _gathered.Clear();
        Set(null, block.Hash, block.Header.Kind);
    }

    public Func<byte[]> Keep()
    {
        var (state, statements) = (_state, _statements);
        return () => state is null && statements.IsEmpty ? [] : WorkFoldForm.Write(state, statements);
    }

    public Func<(Hash32 Digest, byte[] Content)>? After(Hash32 block) =>
        _past.Find(block) is var (state, statements) ? () => (state.Digest, WorkFoldForm.Write(state, statements)) : null;

    public Action? Check(Hash32 block, Hash32 digest, byte[] content)
    {
        try
        {
            return WorkFoldForm.Read(content) is ({ } state, var statements) && state.Digest == digest && state.Place == place ? Taking(block, state, WorkFoldForm.Proven(state, statements)) : null;
        }
        catch (FormatException)
        {
            return null; // others' bytes: they are not what they were said to be
        }
    }

    /// <summary>A final block; what followed from it.</summary>
    internal IReadOnlyList<VerificationOutput> Deliver(Block block, EpochSettings epoch)
    {
        if (block.Header.Kind == BlockKind.Tail || block.Height <= _state?.Height)
        {
            return [];
        }

        if (_state is { } state)
        {
            return Apply(state, block, epoch);
        }

        Gather(block, epoch);
        return [];
    }

    public bool Sees(Operation observation, LedgerState ledger) =>
        observation is Operation.ObserveRewards rewards && _statements.Any(statement => statement.Number == rewards.Period && statement.Root == rewards.Root);

    public IEnumerable<Operation> Due(LedgerState ledger) =>
        _statements.LastOrDefault() is { Number: > 0 } newest && newest.Number > ledger.RewardsPeriod() ? [new Operation.ObserveRewards(newest.Number, newest.Root)] : [];

    private IReadOnlyList<VerificationOutput> Apply(VerificationState state, Block block, EpochSettings epoch)
    {
        var (next, outputs) = VerificationState.Apply(state, FactsOf(block, epoch));
        foreach (var made in outputs.OfType<VerificationOutput.StatementMade>())
        {
            var statements = _statements.Add((made.Number, made.Root, made.Stated));
            _statements = statements.Count > MostStatements ? statements.RemoveAt(0) : statements;
        }

        Set(next, block.Hash, block.Header.Kind);
        return outputs;
    }

    private void Set(VerificationState? state, Hash32 block, BlockKind kind)
    {
        (_state, _epoch, Lacks) = (state, state?.Epoch ?? 0, state is null ? block : null);
        if (state is not null)
        {
            _past.Add(block, kind, new WorkState(state, _statements));
        }
    }

    private void Gather(Block block, EpochSettings epoch)
    {
        _gathered.Add((block, epoch));
        if (_gathered.Count > MostGathered)
        {
            _gathered.Clear();
            Lacks = block.Hash;
        }
    }

    private Action Taking(Hash32 block, VerificationState state, ImmutableList<(ulong Number, Hash32 Root, VerificationState Stated)> statements) => () =>
    {
        _statements = statements;
        Set(state, block, BlockKind.Normal);
        foreach (var (next, epoch) in _gathered)
        {
            Deliver(next, epoch);
        }

        _gathered.Clear();
    };

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
        Operation.ObservePolicy policy => [new Fact.FloorObserved(policy.FloorBasisPoints * PpmPerBasisPoint)],
        Operation.ObserveFunds funds => funds.Entries.Select(static entry => new Fact.FundsReceived((FundKind)entry.Kind, entry.Source, entry.Amount)),
        _ => [],
    };
}
