using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;

namespace Ncn.Simulation.Consensus;

/// <summary>A validator's rows, and in a file of its own the guard's, on the simulated disk.</summary>
internal sealed class ValidatorDisk(Disk disk, ConsensusCores cores)
{
    private const string RowsFile = "rows";
    private const string GuardFile = "guard";
    private const string LedgerFile = "ledger";
    private Rows _rows = Rows.None;
    private SignGuard _guard = SignGuard.Of(1);

    /// <summary>What would survive a crash now.</summary>
    internal Rows Durable => disk.Read<Rows>(RowsFile) ?? Rows.None;

    internal SignGuard DurableGuard => disk.Read<SignGuard>(GuardFile) ?? SignGuard.Of(1);

    internal Ledger? DurableLedger => disk.Read<Ledger>(LedgerFile);

    /// <summary>After a crash.</summary>
    internal void Load() => (_rows, _guard) = (Durable, DurableGuard);

    internal void Append(IEnumerable<DurableRow> rows, Action durable)
    {
        _rows = rows.Aggregate(_rows, static (all, row) => all.With(row));
        disk.Write(RowsFile, _rows, cores.ConfirmsBeforeDurable ? static () => { } : durable);
        if (cores.ConfirmsBeforeDurable)
        {
            durable();
        }
    }

    /// <summary>The guard: compares, writes, syncs, signs.</summary>
    internal void Sign(Vote vote, Action signed, Action<string> refused)
    {
        if (cores.Guard(_guard, vote) is not { } next)
        {
            refused($"{vote} after {_guard[vote.View]}, floor {_guard.Floor}");
            return;
        }

        _guard = next;
        disk.Write(GuardFile, _guard, cores.ConfirmsBeforeDurable ? static () => { } : signed);
        if (cores.ConfirmsBeforeDurable)
        {
            signed();
        }
    }

    internal void Sign(Checkpoint checkpoint, Action signed)
    {
        _guard = _guard.With(checkpoint);
        disk.Write(GuardFile, _guard, signed);
    }

    internal void RaiseFloor(ulong floor) => _guard = _guard.WithFloor(floor);

    internal void Keep(Ledger ledger) => disk.Write(LedgerFile, ledger, static () => { });
}

/// <summary>The ledger after a final block.</summary>
internal sealed record Ledger(LedgerState State, Ancestor At);

/// <summary>The rows of one epoch.</summary>
internal sealed record Rows(ImmutableDictionary<Hash32, Block> Blocks, ImmutableDictionary<Vote, VerifiedCertificate> Certificates)
{
    internal static Rows None { get; } = new(ImmutableDictionary<Hash32, Block>.Empty, ImmutableDictionary<Vote, VerifiedCertificate>.Empty);

    internal Rows With(DurableRow row) => row switch
    {
        DurableRow.OfBlock of => this with { Blocks = Blocks.SetItem(of.Block.Hash, of.Block) },
        DurableRow.OfCertificate of => this with { Certificates = Certificates.SetItem(of.Certificate.Vote, of.Certificate) },
        _ => this,
    };
}
