using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using Ncn.Chain.Payment;
using Ncn.Chain.Transactions;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

/// <summary>A validator of a snapshot.</summary>
/// <param name="Key">Its consensus key.</param>
/// <param name="Weight">Its stake when the snapshot was taken.</param>
public readonly record struct Voter(Address Key, TokenAmount Weight);

/// <summary>The validators of a subnet and their weights at one time.</summary>
/// <param name="TakenAt">Unix seconds.</param>
/// <param name="Voters">Ascending by key; the order of the bitmap of a checkpoint's signers.</param>
public sealed record SnapshotView(uint Id, ulong TakenAt, Hash32 SetHash, TokenAmount TotalStake, ImmutableArray<Voter> Voters);

/// <summary>An epoch of a subnet.</summary>
/// <param name="Snapshot">Whose votes count in it.</param>
/// <param name="ClosedAt">Unix seconds; 0 while it is open.</param>
public sealed record EpochView(ulong Number, uint Snapshot, ulong OpenedAt, ulong ClosedAt);

/// <summary>A checkpoint that the chain accepted.</summary>
/// <param name="AcceptedAt">Unix seconds.</param>
/// <param name="ContentHash">EIP-712 struct hash of the whole checkpoint.</param>
public sealed record AcceptedCheckpoint(
    ulong Epoch, ulong Height, ulong AcceptedAt, Hash32 BlockHash, Hash32 StateRoot, Hash32 RewardsRoot, Hash32 ContentHash);

/// <summary>Consensus on the chain: keys, snapshots, checkpoints, equivocation (contracts/src/registry/IConsensus.sol).</summary>
/// <remarks>Methods named …Call give a call to send: with <see cref="ChainConnection.SendAsync(TransactionCall, CancellationToken)"/>, or under a purpose.</remarks>
public sealed class ConsensusContract(ChainConnection chain)
{
    private const int VoterBytes = Address.Size + 12;

    private readonly Address _contract = chain.Settings.ValidatorRegistry;

    /// <summary>Names the sender's consensus key, which must have signed that for the sender and can never be another operator's.</summary>
    public TransactionCall SetKeyCall(SubnetId subnet, Address key, Signature signature) =>
        Call(new SetConsensusKeyMessage { SubnetId = subnet.Value, Key = key.ToString(), Signature = signature.ToArray() });

    /// <summary>Gives an operator with enough stake a seat among the active validators. Anybody may send it.</summary>
    public TransactionCall TakeSeatCall(SubnetId subnet, Address stakeholder) => Call(new TakeSeatMessage { SubnetId = subnet.Value, Operator = stakeholder.ToString() });

    /// <summary>Writes the active validators and their weights down, at most once an epoch length. Anybody may send it.</summary>
    public TransactionCall TakeSnapshotCall(SubnetId subnet) => Call(new TakeSnapshotMessage { SubnetId = subnet.Value });

    /// <summary>Submits a checkpoint with the signatures of more than two thirds of the epoch's stake. Anybody may send it.</summary>
    /// <param name="signatures">By the voter's place in the epoch's snapshot.</param>
    public TransactionCall SubmitCheckpointCall(SubnetId subnet, Checkpoint checkpoint, IReadOnlyDictionary<int, Signature> signatures)
    {
        ArgumentNullException.ThrowIfNull(signatures);
        var packed = new byte[signatures.Count * CompactSignature.Size];
        var signers = BigInteger.Zero;
        foreach (var ((place, signature), i) in signatures.OrderBy(signed => signed.Key).Select((signed, i) => (signed, i)))
        {
            signers |= BigInteger.One << place;
            CompactSignature.Write(signature, packed.AsSpan(i * CompactSignature.Size));
        }

        return Call(new SubmitCheckpointMessage { SubnetId = subnet.Value, Checkpoint = TupleOf(checkpoint), Signers = signers, Signatures = packed });
    }

    /// <summary>Takes the stake of a validator that signed two votes which no honest one signs both; the sender gets a tenth.</summary>
    public TransactionCall SlashVotesCall(SubnetId subnet, Signed<Vote> first, Signed<Vote> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return Call(new SlashEquivocationMessage
        {
            SubnetId = subnet.Value,
            First = TupleOf(first.Message),
            FirstSignature = Compact(first.Signature),
            Second = TupleOf(second.Message),
            SecondSignature = Compact(second.Signature),
        });
    }

    /// <summary>Takes the stake of a validator that signed two checkpoints which no honest one signs both; the sender gets a tenth.</summary>
    public TransactionCall SlashCheckpointsCall(SubnetId subnet, Signed<Checkpoint> first, Signed<Checkpoint> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return Call(new SlashCheckpointsMessage
        {
            SubnetId = subnet.Value,
            First = TupleOf(first.Message),
            FirstSignature = Compact(first.Signature),
            Second = TupleOf(second.Message),
            SecondSignature = Compact(second.Signature),
        });
    }

    /// <summary>An operator's consensus key; zero for none.</summary>
    public async Task<Address> ReadKeyAsync(SubnetId subnet, Address stakeholder) => Address.Parse(await chain.QueryAsync<ConsensusKeyOfMessage, string>(
        _contract, new ConsensusKeyOfMessage { SubnetId = subnet.Value, Operator = stakeholder.ToString() }).ConfigureAwait(false));

    /// <summary>Whose consensus key this is; zero for nobody's.</summary>
    public async Task<Address> ReadOperatorAsync(SubnetId subnet, Address key) => Address.Parse(await chain.QueryAsync<OperatorOfMessage, string>(
        _contract, new OperatorOfMessage { SubnetId = subnet.Value, Key = key.ToString() }).ConfigureAwait(false));

    /// <summary>The operators with a seat.</summary>
    public async Task<IReadOnlyList<Address>> ReadSeatsAsync(SubnetId subnet)
    {
        var seats = await chain.QueryAsync<SeatsMessage, List<string>>(_contract, new SeatsMessage { SubnetId = subnet.Value }).ConfigureAwait(false);
        return [.. seats.Select(Address.Parse)];
    }

    /// <summary>How many snapshots there are.</summary>
    public async Task<uint> ReadSnapshotCountAsync(SubnetId subnet) =>
        (uint)await chain.QueryAsync<SnapshotCountMessage, BigInteger>(_contract, new SnapshotCountMessage { SubnetId = subnet.Value }).ConfigureAwait(false);

    /// <summary>A snapshot with its voters, checked against its hash.</summary>
    /// <exception cref="ChainUnavailableException">The node's voters are not those of the hash.</exception>
    public async Task<SnapshotView> ReadSnapshotAsync(SubnetId subnet, uint snapshot)
    {
        var found = (await chain.QueryManyAsync<GetSnapshotMessage, GetSnapshotOutput>(
            _contract, new GetSnapshotMessage { SubnetId = subnet.Value, SnapshotId = snapshot }).ConfigureAwait(false)).Snapshot;
        var setHash = new Hash32(found.SetHash);
        // The blob's first byte stops whoever calls it.
        var code = await chain.ReadCodeAsync(Address.Parse(found.Blob)).ConfigureAwait(false);
        return code.Length > 0 && new Hash32(Keccak256.Hash(code.AsSpan(1))) == setHash
            ? new SnapshotView(snapshot, found.TakenAt, setHash, new((UInt128)found.TotalStake), ReadVoters(code.AsSpan(1)))
            : throw new ChainUnavailableException($"The voters of snapshot {snapshot} of subnet {subnet} are not those of its hash {setHash}: the node is wrong or behind.");
    }

    /// <summary>The epoch that is open; 0 before the first snapshot.</summary>
    public Task<ulong> ReadCurrentEpochAsync(SubnetId subnet) =>
        chain.QueryAsync<CurrentEpochMessage, ulong>(_contract, new CurrentEpochMessage { SubnetId = subnet.Value });

    /// <summary>An epoch; null when it has not begun.</summary>
    public async Task<EpochView?> ReadEpochAsync(SubnetId subnet, ulong epoch)
    {
        var found = (await chain.QueryManyAsync<GetEpochMessage, GetEpochOutput>(
            _contract, new GetEpochMessage { SubnetId = subnet.Value, Epoch = epoch }).ConfigureAwait(false)).Epoch;
        return found.OpenedAt == 0 ? null : new EpochView(epoch, found.SnapshotId, found.OpenedAt, found.ClosedAt);
    }

    /// <summary>The newest accepted checkpoint; null before the first.</summary>
    public async Task<AcceptedCheckpoint?> ReadLatestCheckpointAsync(SubnetId subnet) => ViewOf((await chain
        .QueryManyAsync<LatestCheckpointMessage, AcceptedCheckpointOutput>(_contract, new LatestCheckpointMessage { SubnetId = subnet.Value }).ConfigureAwait(false)).Checkpoint);

    /// <summary>The newest accepted checkpoint of an epoch; null when it has none.</summary>
    public async Task<AcceptedCheckpoint?> ReadCheckpointAsync(SubnetId subnet, ulong epoch) => ViewOf((await chain
        .QueryManyAsync<CheckpointAtMessage, AcceptedCheckpointOutput>(_contract, new CheckpointAtMessage { SubnetId = subnet.Value, Epoch = epoch }).ConfigureAwait(false)).Checkpoint);

    /// <summary>The salt of the subnet's vote domain; zero before the first snapshot.</summary>
    public async Task<Hash32> ReadNetworkSaltAsync(SubnetId subnet) =>
        new(await chain.QueryAsync<NetworkSaltMessage, byte[]>(_contract, new NetworkSaltMessage { SubnetId = subnet.Value }).ConfigureAwait(false));

    private TransactionCall Call<TMessage>(TMessage message)
        where TMessage : FunctionMessage, new() => ChainConnection.CallOf(_contract, message);

    private static ImmutableArray<Voter> ReadVoters(ReadOnlySpan<byte> set)
    {
        var voters = ImmutableArray.CreateBuilder<Voter>(set.Length / VoterBytes);
        Span<byte> weight = stackalloc byte[16];
        weight.Clear();
        for (; set.Length >= VoterBytes; set = set[VoterBytes..])
        {
            set[Address.Size..VoterBytes].CopyTo(weight[4..]);
            voters.Add(new Voter(new Address(set[..Address.Size]), new(BinaryPrimitives.ReadUInt128BigEndian(weight))));
        }

        return voters.ToImmutable();
    }

    private static AcceptedCheckpoint? ViewOf(AcceptedCheckpointTuple tuple) => tuple.AcceptedAt == 0 ? null : new AcceptedCheckpoint(
        tuple.Epoch, tuple.Height, tuple.AcceptedAt, new(tuple.BlockHash), new(tuple.StateRoot), new(tuple.RewardsRoot), new(tuple.ContentHash));

    private static byte[] Compact(Signature signature)
    {
        var bytes = new byte[CompactSignature.Size];
        CompactSignature.Write(signature, bytes);
        return bytes;
    }

    private static VoteTuple TupleOf(Vote vote) => new() { Kind = (byte)vote.Kind, Epoch = vote.Epoch, View = vote.View, BlockHash = vote.BlockHash.ToArray() };

    private static CheckpointTuple TupleOf(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return new CheckpointTuple
        {
            Epoch = checkpoint.Epoch,
            Height = checkpoint.Height,
            BlockHash = checkpoint.BlockHash.ToArray(),
            StateRoot = checkpoint.StateRoot.ToArray(),
            ReceiptsRoot = checkpoint.ReceiptsRoot.ToArray(),
            RewardsRoot = checkpoint.RewardsRoot.ToArray(),
            NextSetHash = checkpoint.NextSetHash.ToArray(),
        };
    }
}
