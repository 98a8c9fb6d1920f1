using System.Collections.Immutable;
using Ncn.Chain;
using Ncn.Chain.Events;
using Ncn.Chain.Registry;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Engine;

namespace Ncn.Validator.OnChain;

/// <summary>What the chain's own time and epochs are, at the last look.</summary>
/// <param name="Salt">Of the vote domain; zero before the first snapshot.</param>
/// <param name="Time">Unix seconds of the newest block.</param>
/// <param name="Epoch">The open one; 0 before the first snapshot.</param>
/// <param name="Latest">The newest accepted checkpoint.</param>
internal sealed record ChainGlance(Hash32 Salt, ulong Time, ulong Epoch, SubnetView Subnet, AcceptedCheckpoint? Latest, SnapshotView? Newest);

/// <summary>The chain as this validator's own nodes show it: looked at every few seconds, kept in memory, answered from there.</summary>
/// <remarks>Blocks go into headers by sixteens, so that all validators know the same ones.</remarks>
internal sealed class ChainObserver(ChainConnection chain, SubnetId subnet, ulong startBlock) : IChainView
{
    private const ulong Stride = 16;
    private const int KnownBlocks = 256;
    private const int NewestSnapshots = 2;
    private readonly ConsensusContract _consensus = new(chain);
    private readonly ValidatorRegistryContract _registry = new(chain);
    private readonly ChainLogReader _logs = new(chain);
    private readonly FundEntries _funds = new(subnet, chain.Settings);
    private ChainCursor _cursor = ChainCursor.StartAt(startBlock);
    private ImmutableSortedDictionary<ulong, Hash32> _blocks = ImmutableSortedDictionary<ulong, Hash32>.Empty;
    private volatile ImmutableSortedDictionary<uint, SnapshotView> _snapshots = ImmutableSortedDictionary<uint, SnapshotView>.Empty;
    private volatile ImmutableDictionary<Address, Address> _operators = ImmutableDictionary<Address, Address>.Empty;

    /// <summary>The last look; null before the first.</summary>
    internal ChainGlance? Glance { get; private set; }

    public (ulong Number, Hash32 Hash) Head => _blocks.IsEmpty ? default : (_blocks.Keys.Last(), _blocks[_blocks.Keys.Last()]);

    public ulong EndedEpoch => Glance is { Epoch: > 0 } glance ? glance.Epoch - 1 : 0;

    public bool Knows(ulong number, Hash32 hash) => number == 0 ? hash.IsZero : _blocks.TryGetValue(number, out var known) && known == hash;

    /// <summary>The account that the chain names for a key; null for one in no snapshot that was seen.</summary>
    internal Address? AccountOf(Address key) => _operators.TryGetValue(key, out var account) ? account : null;

    /// <summary>Whether a key is in one of the newest snapshots: it votes, or will.</summary>
    internal bool IsVoter(Address key) => _snapshots.Values.TakeLast(NewestSnapshots).Any(snapshot => snapshot.Voters.Any(voter => voter.Key == key));

    /// <summary>A snapshot by its number.</summary>
    internal SnapshotView? Snapshot(uint number) => _snapshots.GetValueOrDefault(number);

    /// <summary>Looks once.</summary>
    /// <returns>Whether there is anything new.</returns>
    /// <exception cref="ChainUnavailableException">No node gave a usable answer.</exception>
    internal async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var before = (Glance?.Epoch, Glance?.Subnet.Parameters, _snapshots.Count, Head, _funds.Count);
        await ReadLogsAsync(cancellationToken);
        await ReadHeadAsync();
        await ReadSnapshotsAsync();
        var salt = await _consensus.ReadNetworkSaltAsync(subnet);
        var epoch = await _consensus.ReadCurrentEpochAsync(subnet);
        Glance = new ChainGlance(
            salt, await chain.ReadTimeAsync(), epoch, await _registry.ReadSubnetAsync(subnet), await _consensus.ReadLatestCheckpointAsync(subnet),
            _snapshots.IsEmpty ? null : _snapshots[_snapshots.Keys.Last()]);
        return before != (Glance.Epoch, Glance.Subnet.Parameters, _snapshots.Count, Head, _funds.Count);
    }

    public bool Sees(Operation observation, LedgerState ledger) => observation switch
    {
        Operation.ObserveSet observed => _snapshots.TryGetValue(observed.Snapshot, out var seen) && MembersOf(seen).SequenceEqual(observed.Members),
        Operation.ObserveCheckpoint observed => Glance is { } glance && observed.Epoch < glance.Epoch,
        Operation.ObservePolicy observed => observed.ChainNumber < _cursor.Next && Glance is { Subnet.Parameters: var set } && (set.Policy, set.VerificationFloor) == (observed.Policy, observed.FloorBasisPoints),
        Operation.ObserveFunds observed => observed.ChainNumber < _cursor.Next && _funds.Between(ledger.FundsSince(), observed.ChainNumber).SequenceEqual(observed.Entries),
        _ => false,
    };

    public IEnumerable<Operation> Due(LedgerState ledger)
    {
        if (!_snapshots.IsEmpty && _snapshots.Keys.Last() is var newest && newest > (ledger.CandidateSet()?.Snapshot ?? 0))
        {
            yield return new Operation.ObserveSet(newest, MembersOf(_snapshots[newest]));
        }

        if (Glance is { Epoch: > 1 } glance && glance.Epoch - 1 > ledger.AcknowledgedEpoch())
        {
            yield return new Operation.ObserveCheckpoint(glance.Epoch - 1);
        }

        // What is not in the ledger as the chain has it now; of two changes in a row the later one counts.
        if (Glance is { Subnet.Parameters: var parameters } && (parameters.Policy, (ulong)parameters.VerificationFloor) != (ledger.Policy(), ledger.PolicyFloor())
            && parameters.VerificationFloor > 0 && _cursor.Next > ledger.PolicySince() + 1)
        {
            yield return new Operation.ObservePolicy(_cursor.Next - 1, parameters.Policy, parameters.VerificationFloor);
        }

        if (_funds.Next(ledger.FundsSince()) is { } funds)
        {
            yield return funds;
        }
    }

    public ValidatorSet? FindSet(Hash32 hash) =>
        _snapshots.Values.LastOrDefault(snapshot => snapshot.SetHash == hash) is { } found ? ValidatorSet.Of(MembersOf(found)) : null;

    private static ImmutableArray<Consensus.Validator> MembersOf(SnapshotView snapshot) =>
        [.. snapshot.Voters.Select(static voter => new Consensus.Validator(voter.Key, voter.Weight.Units))];

    private async Task ReadLogsAsync(CancellationToken cancellationToken)
    {
        for (var hasMore = true; hasMore;)
        {
            var result = await _logs.ReadAsync(_cursor, cancellationToken);
            if (result is LogReadingResult.Reorganized reorganized)
            {
                _funds.Undo(reorganized.From);
            }

            hasMore = result is LogReadingResult.Read { HasMore: true } or LogReadingResult.Reorganized;
            if (result is LogReadingResult.Read read)
            {
                _funds.Add(read.Events, Glance?.Subnet.StakeToken ?? (await _registry.ReadSubnetAsync(subnet)).StakeToken);
            }

            _cursor = result.Cursor;
        }
    }

    // A block that is kept may be another one after a reorganization below the confirmations: then it is read anew.
    private async Task ReadHeadAsync()
    {
        var deepest = _cursor.Next == 0 ? 0 : _cursor.Next - 1;
        var number = deepest - (deepest % Stride);
        if (number > 0 && await chain.ReadBlockHashAsync(number) is { } hash)
        {
            var blocks = _blocks.SetItem(number, hash);
            _blocks = blocks.Count > KnownBlocks ? blocks.Remove(blocks.Keys.First()) : blocks;
        }

        for (var missing = number; missing > Stride && missing + (8 * Stride) > number; missing -= Stride)
        {
            if (!_blocks.ContainsKey(missing - Stride) && await chain.ReadBlockHashAsync(missing - Stride) is { } earlier)
            {
                _blocks = _blocks.SetItem(missing - Stride, earlier);
            }
        }
    }

    private async Task ReadSnapshotsAsync()
    {
        var count = await _consensus.ReadSnapshotCountAsync(subnet);
        for (var number = (_snapshots.IsEmpty ? 0 : _snapshots.Keys.Last()) + 1; number <= count; number++)
        {
            var snapshot = await _consensus.ReadSnapshotAsync(subnet, number);
            if (!await KnowOperatorsAsync(snapshot))
            {
                return;
            }

            _snapshots = _snapshots.SetItem(number, snapshot);
        }
    }

    // A snapshot is seen when it is known whose its keys are, so that nothing that follows from it depends on when it was read. A node that is behind may not know.
    private async Task<bool> KnowOperatorsAsync(SnapshotView snapshot)
    {
        foreach (var voter in snapshot.Voters.Where(voter => !_operators.ContainsKey(voter.Key)))
        {
            if (await _consensus.ReadOperatorAsync(subnet, voter.Key) is not { IsZero: false } account)
            {
                return false;
            }

            _operators = _operators.SetItem(voter.Key, account);
        }

        return true;
    }
}
