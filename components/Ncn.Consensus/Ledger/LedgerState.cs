using System.Buffers.Binary;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>The registry's ledger: what all validators agree on.</summary>
/// <param name="Main">Nodes, policy, sets, verdicts, rewards; keys are made by <see cref="Key(LedgerTable, ReadOnlySpan{byte})"/>.</param>
/// <param name="Receipts">The receipts' roots that were committed in the epoch, by node and period.</param>
public sealed record LedgerState(StateTrie Main, StateTrie Receipts)
{
    private const byte RootTag = 4;

    /// <summary>Nothing yet.</summary>
    public static LedgerState Empty { get; } = new(StateTrie.Empty, StateTrie.Empty);

    /// <summary>keccak-256(4 ‖ Main ‖ Receipts).</summary>
    public Hash32 StateRoot => Keccak256.Of(new CanonicalWriter().Byte(RootTag).Word(Main.Root).Word(Receipts.Root).Written);

    /// <summary>Roots of a block that ends in this state.</summary>
    public LedgerRoots Roots(Hash32 nextSet) => new(StateRoot, Receipts.Root, Word(LedgerTable.Rewards), nextSet);

    /// <summary>Exclusive or of all that was revealed in the epoch (rule K2), for <see cref="LeaderSchedule.NextSeed"/> and for beacons.</summary>
    public Hash32 Reveals => Word(LedgerTable.Beacon);

    /// <summary>The record of a node that is in the network; null for none.</summary>
    public Hash32? RecordOf(Address node) =>
        Main.Find(Key(LedgerTable.Node, node)) is { Length: NodeBytes } value && !new Hash32(value.Span[8..]).IsZero ? new Hash32(value.Span[8..]) : null;

    /// <summary>How a validator judged; null before it has said so.</summary>
    public byte? VerdictOf(Address validator, Hash32 subject) => Main.Find(Key(LedgerTable.Verdict, validator, subject)) is { Length: 1 } value ? value.Span[0] : null;

    internal const int NodeBytes = 8 + Hash32.Size;

    internal Hash32 Word(LedgerTable table) => Main.Find(Key(table, [])) is { Length: Hash32.Size } value ? new Hash32(value.Span) : default;

    internal ulong Number(LedgerTable table) => Main.Find(Key(table, [])) is { Length: 8 } value ? BinaryPrimitives.ReadUInt64BigEndian(value.Span) : 0;

    internal LedgerState With(Hash32 key, CanonicalWriter value) => this with { Main = Main.With(key, new HexBytes(value.Written)) };

    internal LedgerState With(LedgerTable table, CanonicalWriter value) => With(Key(table, []), value);

    /// <summary>Where an entry is: keccak-256(table ‖ name).</summary>
    public static Hash32 Key(LedgerTable table, ReadOnlySpan<byte> name) => Keccak256.Of(new CanonicalWriter().Byte((byte)table).Bytes(name).Written);

    internal static Hash32 Key(LedgerTable table, Address name) => Keccak256.Of(new CanonicalWriter().Byte((byte)table).Address(name).Written);

    internal static Hash32 Key(LedgerTable table, Address name, Hash32 more) => Keccak256.Of(new CanonicalWriter().Byte((byte)table).Address(name).Word(more).Written);
}

/// <summary>The kinds of entries.</summary>
public enum LedgerTable
{
    /// <summary>By node: sequence, hash of its record; zero when it has left.</summary>
    Node = 1,

    /// <summary>By validator and subject: a commitment, and then the outcome in its place.</summary>
    Verdict = 2,

    /// <summary>By member and set: its weight in the candidate.</summary>
    Candidate = 3,

    /// <summary>The set that may vote next: snapshot, hash, weight, weight of those that are ready.</summary>
    NextSet = 4,

    /// <summary>By member, and set and snapshot: it is ready.</summary>
    Ready = 5,

    /// <summary>The last epoch whose end the chain knows.</summary>
    Acknowledged = 6,

    /// <summary>The subnet's policy.</summary>
    Policy = 7,

    /// <summary>Since which block of the chain.</summary>
    PolicySince = 8,

    /// <summary>Root of rewards, penalties and pardons.</summary>
    Rewards = 9,

    /// <summary>After which period.</summary>
    RewardsPeriod = 10,

    /// <summary>By validator: the link of its chain of reveals that was shown last, or its tip; how many were shown, once one was.</summary>
    RevealTip = 11,

    /// <summary>What was revealed in the epoch.</summary>
    Beacon = 12,

    /// <summary>The epoch that Receipts and Beacon are of.</summary>
    Epoch = 13,

    /// <summary>By gateway and receipt: the period, the client and its bond.</summary>
    Audit = 14,

    /// <summary>Up to which block of the chain payments into the reward pool are known.</summary>
    FundsSince = 15,

    /// <summary>The least share of receipts that is checked, basis points, as it was set with the policy.</summary>
    PolicyFloor = 16,
}
