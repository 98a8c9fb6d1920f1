using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Engine;

namespace Ncn.Validator.Tests.Support;

/// <summary>A chain that all validators see alike, with snapshots that the test takes and epochs' ends that it accepts.</summary>
internal sealed class TestChain : IChainView
{
    private readonly Lock _lock = new();
    private ImmutableList<(uint Id, ValidatorSet Set)> _snapshots = [];
    private ulong _accepted;

    /// <summary>What came into the reward pool; null for nothing.</summary>
    internal Operation.ObserveFunds? Funds { get; set; }

    public (ulong Number, Hash32 Hash) Head => (7, Sample.Word(7));

    internal void Snapshot(ValidatorSet set)
    {
        lock (_lock)
        {
            _snapshots = _snapshots.Add(((uint)_snapshots.Count + 1, set));
        }
    }

    internal void Accept(ulong epoch) => Volatile.Write(ref _accepted, Math.Max(Volatile.Read(ref _accepted), epoch));

    public ulong EndedEpoch => Volatile.Read(ref _accepted);

    public bool Knows(ulong number, Hash32 hash) => number == 0 ? hash.IsZero : (number, hash) == Head;

    public bool Sees(Operation observation, LedgerState ledger) => observation switch
    {
        Operation.ObserveSet observed => _snapshots.Any(snapshot => snapshot.Id == observed.Snapshot && snapshot.Set.Members.SequenceEqual(observed.Members)),
        Operation.ObserveCheckpoint observed => observed.Epoch <= Volatile.Read(ref _accepted),
        Operation.ObserveFunds observed => Funds is { } funds && observed.ChainNumber == funds.ChainNumber && observed.Entries.SequenceEqual(funds.Entries),
        _ => false,
    };

    public IEnumerable<Operation> Due(LedgerState ledger)
    {
        if (_snapshots.LastOrDefault() is { Set: { } set } newest && newest.Id > (ledger.CandidateSet()?.Snapshot ?? 1))
        {
            yield return new Operation.ObserveSet(newest.Id, set.Members);
        }

        if (Funds is { } funds && funds.ChainNumber > ledger.FundsSince())
        {
            yield return funds;
        }

        var accepted = Volatile.Read(ref _accepted);
        if (accepted > ledger.AcknowledgedEpoch())
        {
            yield return new Operation.ObserveCheckpoint(accepted);
        }
    }

    public ValidatorSet? FindSet(Hash32 hash) => _snapshots.Find(snapshot => snapshot.Set.Hash == hash).Set;
}
