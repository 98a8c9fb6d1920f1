using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Durable;

namespace Ncn.Validator.Rows;

/// <summary>What a validator goes on from: an epoch, the ledger at one of its final blocks, and the rows around it.</summary>
/// <param name="Epoch">Without the own place, which depends on the key.</param>
/// <param name="At">The block that <paramref name="Ledger"/> is after; the anchor at the beginning of an epoch.</param>
/// <param name="Incarnation">The highest incarnation of the signing guard that was seen here.</param>
/// <param name="Earlier">How earlier epochs ended, with their sets; for those who are late.</param>
/// <param name="Rows">Blocks and certificates of the epoch.</param>
internal sealed record LogContent(
    EpochSettings Epoch, Ancestor At, LedgerState Ledger, ulong Incarnation, ImmutableSortedDictionary<ulong, EndedEpoch> Earlier, ImmutableArray<DurableRow> Rows)
{
    /// <summary>The key that <see cref="Incarnation"/> is of; zero where the rows do not say.</summary>
    internal Address Key { get; init; }

    /// <summary>What the shell keeps beside the ledger, of the same block; made when it is written.</summary>
    internal Func<byte[]> Kept { get; init; } = static () => [];

    /// <summary>How often this key was taken into use, as far as was seen here; 0 when the rows are another key's.</summary>
    internal ulong IncarnationOf(Address key) => Key == key || Key.IsZero ? Incarnation : 0;

    /// <summary>The beginning of the first epoch.</summary>
    internal static LogContent Begin(EpochSettings epoch, LedgerState ledger) => new(epoch, epoch.Anchor, ledger, 0, ImmutableSortedDictionary<ulong, EndedEpoch>.Empty, []);
}

/// <summary>An epoch that is over.</summary>
/// <param name="Set">Who voted in it.</param>
internal sealed record EndedEpoch(ValidatorSet Set, VerifiedEpochProof Proof);

/// <summary>The byte form of the log's records: a tag, a length, and the content.</summary>
internal static class LogRecords
{
    internal const byte Row = 1;
    internal const byte Epoch = 2;
    internal const byte Place = 3;
    internal const byte MainEntries = 4;
    internal const byte ReceiptEntries = 5;
    internal const byte Incarnation = 6;
    internal const byte Set = 7;
    internal const byte Kept = 8;

    internal static CanonicalWriter Record(this CanonicalWriter writer, byte tag, ReadOnlySpan<byte> content) => writer.Byte(tag).Bytes(content);

    internal static CanonicalWriter Record(this CanonicalWriter writer, EpochSettings epoch)
    {
        var content = new CanonicalWriter().Word(epoch.Network).Number(epoch.Number).Word(epoch.Leaders.Seed).Number(epoch.EndHeight);
        return writer.Record(Epoch, Write(Write(content, epoch.Anchor), epoch.Set).Written);
    }

    internal static CanonicalWriter Record(this CanonicalWriter writer, ulong epoch, ValidatorSet set) => writer.Record(Set, Write(new CanonicalWriter().Number(epoch), set).Written);

    internal static CanonicalWriter Record(this CanonicalWriter writer, Ancestor place) => writer.Record(Place, Write(new CanonicalWriter(), place).Written);

    internal static CanonicalWriter Record(this CanonicalWriter writer, Address key, ulong incarnation) => writer.Record(Incarnation, new CanonicalWriter().Number(incarnation).Address(key).Written);

    internal static CanonicalWriter Record(this CanonicalWriter writer, byte tag, IEnumerable<(Hash32 Key, HexBytes Value)> entries)
    {
        var content = new CanonicalWriter();
        foreach (var (key, value) in entries)
        {
            content.Word(key).Bytes(value.Span);
        }

        return writer.Record(tag, content.Written);
    }

    internal static EpochSettings ReadEpoch(ref LogReader reader)
    {
        var (network, number, seed, end) = (reader.Word(), reader.Number(), reader.Word(), reader.Number());
        var anchor = ReadPlace(ref reader);
        var set = ReadSet(ref reader);
        return new EpochSettings(network, number, set, null, new LeaderSchedule(set, seed), anchor, end);
    }

    internal static ValidatorSet ReadSet(ref LogReader reader)
    {
        var members = new Consensus.Validator[reader.Count(ValidatorSet.Most)];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = new Consensus.Validator(reader.Address(), reader.Number128());
        }

        return ValidatorSet.Of(members);
    }

    internal static Ancestor ReadPlace(ref LogReader reader) => new(
        reader.Word(), reader.Number(), reader.Number(), (BlockKind)reader.Byte(), new LedgerRoots(reader.Word(), reader.Word(), reader.Word(), reader.Word()),
        new BlockContext(reader.Number(), reader.Word(), reader.Word(), reader.Number()));

    private static CanonicalWriter Write(CanonicalWriter writer, ValidatorSet set) => set.Members.Aggregate(
        writer.Number((uint)set.Members.Length), static (all, member) => all.Address(member.Key).Amount(new TokenAmount(member.Weight)));

    private static CanonicalWriter Write(CanonicalWriter writer, Ancestor place) => writer
        .Word(place.Hash).Number(place.View).Number(place.Height).Byte((byte)place.Kind)
        .Word(place.Roots.State).Word(place.Roots.Receipts).Word(place.Roots.Rewards).Word(place.Roots.NextSet)
        .Number(place.Context.ChainNumber).Word(place.Context.ChainHash).Word(place.Context.Reveal).Number(place.Context.Time);
}
