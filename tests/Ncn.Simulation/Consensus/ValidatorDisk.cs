using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Simulation.Kernel;
using Ncn.Verification;

namespace Ncn.Simulation.Consensus;

/// <summary>A validator's rows, and in a file of its own the guard's, on the simulated disk.</summary>
internal sealed class ValidatorDisk(Disk disk, ConsensusCores cores)
{
    private const string RowsFile = "rows";
    private const string GuardFile = "guard";
    private const string LedgerFile = "ledger";
    private const string EpochFile = "epoch";
    private const string SubmissionsFile = "submissions";
    private Rows _rows = Rows.None;
    private SignGuard _guard = SignGuard.Of(1);

    /// <summary>What would survive a crash now.</summary>
    internal Rows Durable => disk.Read<Rows>(RowsFile) ?? Rows.None;

    internal SignGuard DurableGuard => (cores.ForgetsGuard ? null : disk.Read<SignGuard>(GuardFile)) ?? SignGuard.Of(1);

    internal Ledger? DurableLedger => disk.Read<Ledger>(LedgerFile);

    /// <summary>The epoch that was opened last; null for the first.</summary>
    internal EpochSettings? DurableEpoch => disk.Read<EpochSettings>(EpochFile);

    /// <summary>Checkpoints that the chain has not accepted yet.</summary>
    internal ImmutableArray<ConsensusOutput.SubmitCheckpoint> Submissions => disk.Read<Submissions>(SubmissionsFile)?.Open ?? [];

    /// <summary>Whether the vote's row is durable, or one that forbids it for ever.</summary>
    internal bool IsGuarded(Vote vote) =>
        cores.ForgetsGuard || (disk.Read<SignGuard>(GuardFile) is { } guard && (guard.Epoch > vote.Epoch || guard.Has(vote) || (guard.Epoch == vote.Epoch && vote.View <= guard.Floor)));

    /// <summary>After a crash.</summary>
    internal void Load() => (_rows, _guard) = (Durable, DurableGuard);

    internal void Append(IEnumerable<DurableRow> rows, Action durable)
    {
        _rows = rows.Where(cores.Writes).Aggregate(_rows, (all, row) => Pruned(all.With(row), row));
        disk.Write(RowsFile, _rows, cores.ConfirmsBeforeDurable ? static () => { } : durable);
        if (cores.ConfirmsBeforeDurable)
        {
            durable();
        }
    }

    private Rows Pruned(Rows all, DurableRow row) =>
        cores.PrunesEarly && row is DurableRow.OfCertificate { Certificate.Kind: VoteKind.Notarize } of ? all with { Blocks = all.Blocks.Remove(of.Certificate.BlockHash) } : all;

    /// <summary>The guard: compares, writes, syncs, signs.</summary>
    internal void Sign(Vote vote, Action signed, Action<string> refused)
    {
        if (cores.Guard(_guard, vote) is not { } next)
        {
            refused($"{vote} after {_guard[vote.View]} of epoch {_guard.Epoch}, floor {_guard.Floor}");
            return;
        }

        _guard = next;
        disk.Write(GuardFile, _guard, cores.ConfirmsBeforeDurable ? static () => { } : signed);
        if (cores.ConfirmsBeforeDurable)
        {
            signed();
        }
    }

    internal void Sign(Checkpoint checkpoint, Action signed, Action<string> refused)
    {
        if (!_guard.Allows(checkpoint))
        {
            refused($"{checkpoint} after {_guard.Mark}");
            return;
        }

        _guard = _guard.With(checkpoint);
        disk.Write(GuardFile, _guard, signed);
    }

    internal void RaiseFloor(ulong epoch, ulong floor) => _guard = _guard.Epoch == epoch ? _guard.WithFloor(floor) : _guard;

    internal void Keep(Ledger ledger) => disk.Write(LedgerFile, ledger, static () => { });

    internal void Keep(ImmutableArray<ConsensusOutput.SubmitCheckpoint> submissions) => disk.Write(SubmissionsFile, new Submissions(submissions), static () => { });

    internal void Open(EpochSettings epoch, Action durable) => disk.Write(EpochFile, epoch, durable);

    /// <summary>The rows of certificates are gone, the guard is not.</summary>
    internal void LoseCertificates() => disk.Replace(RowsFile, Durable with { Certificates = ImmutableDictionary<Vote, VerifiedCertificate>.Empty });
}

/// <summary>The ledger after a final block.</summary>
/// <param name="Verification">The verification's fold after it; null where nothing is verified.</param>
internal sealed record Ledger(LedgerState State, Ancestor At, VerificationState? Verification);

/// <summary>What is still to be submitted.</summary>
internal sealed record Submissions(ImmutableArray<ConsensusOutput.SubmitCheckpoint> Open);

/// <summary>All rows, of all epochs.</summary>
internal sealed record Rows(ImmutableDictionary<Hash32, Block> Blocks, ImmutableDictionary<Vote, VerifiedCertificate> Certificates, ImmutableDictionary<ulong, VerifiedEpochProof> Proofs)
{
    internal static Rows None { get; } = new(ImmutableDictionary<Hash32, Block>.Empty, ImmutableDictionary<Vote, VerifiedCertificate>.Empty, ImmutableDictionary<ulong, VerifiedEpochProof>.Empty);

    internal Rows With(DurableRow row) => row switch
    {
        DurableRow.OfBlock of => this with { Blocks = Blocks.SetItem(of.Block.Hash, of.Block) },
        DurableRow.OfCertificate of => this with { Certificates = Certificates.SetItem(of.Certificate.Vote, of.Certificate) },
        DurableRow.OfEpoch of => this with { Proofs = Proofs.SetItem(of.Proof.Finalization.Epoch, of.Proof) },
        _ => this,
    };

    /// <summary>The certificates of a view.</summary>
    internal IEnumerable<VerifiedCertificate> Of(ulong epoch, ulong view) =>
        Certificates.Values.Where(held => held.Epoch == epoch && held.View == view);
}
