using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>A change of the registry's ledger. Its author signs it; an observation has none: every validator checks it by what it sees itself.</summary>
/// <param name="Author">Whose signature it carries; zero for an observation.</param>
public abstract record Operation(Address Author)
{
    /// <summary>Which it is, in the hash and on the wire.</summary>
    internal abstract byte Kind { get; }

    /// <summary>Whether nobody signs it: every validator checks it by what it sees itself.</summary>
    public bool IsObservation => this is ObserveSet or ObserveCheckpoint or ObservePolicy or ObserveRewards or ObserveFunds;

    internal abstract CanonicalWriter Write(CanonicalWriter writer);

    /// <summary>A node is there, with the record of this hash.</summary>
    /// <param name="Sequence">Of the record; higher than any before.</param>
    public sealed record AnnounceNode(Address Author, ulong Sequence, Hash32 Record) : Operation(Author)
    {
        internal override byte Kind => 1;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Address(Author).Number(Sequence).Word(Record);
    }

    /// <summary>A node leaves.</summary>
    public sealed record RetireNode(Address Author, ulong Sequence) : Operation(Author)
    {
        internal override byte Kind => 2;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Address(Author).Number(Sequence);
    }

    /// <summary>A node's receipts of a period of work, by their Merkle root: before the beacon that picks the sample is known.</summary>
    /// <param name="Count">How many receipts there are.</param>
    /// <param name="Total">What they come to, atomic units.</param>
    public sealed record CommitReceipts(Address Author, ulong Period, Hash32 Root, uint Count, TokenAmount Total) : Operation(Author)
    {
        internal override byte Kind => 3;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Address(Author).Number(Period).Word(Root).Number(Count).Amount(Total);
    }

    /// <summary>A validator has judged, and does not yet say how.</summary>
    /// <param name="Subject">What it judged.</param>
    /// <param name="Commitment">See <see cref="RevealVerdict.Commitment"/>.</param>
    public sealed record CommitVerdict(Address Author, Hash32 Subject, Hash32 Commitment) : Operation(Author)
    {
        internal override byte Kind => 4;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Address(Author).Word(Subject).Word(Commitment);
    }

    /// <summary>How the validator judged.</summary>
    /// <param name="Outcome">0 to 255; its meaning is the verification's matter.</param>
    /// <param name="Salt">Random, so that the commitment tells nothing.</param>
    public sealed record RevealVerdict(Address Author, Hash32 Subject, byte Outcome, Hash32 Salt) : Operation(Author)
    {
        internal override byte Kind => 5;

        /// <summary>keccak-256 over author, subject, outcome and salt: nobody can copy another's.</summary>
        public Hash32 Commitment() => Protocol.Cryptography.Keccak256.Of(Write(new CanonicalWriter()).Written);

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Address(Author).Word(Subject).Byte(Outcome).Word(Salt);
    }

    /// <summary>A member of the next set is there and ready to vote (rule P1).</summary>
    /// <param name="Author">Its consensus key; signed in the domain NCN, as the key's naming on the chain is.</param>
    /// <param name="RevealTip">The end of its chain of reveals (rule K2); zero without one.</param>
    public sealed record BeReady(Address Author, Hash32 SetHash, Hash32 RevealTip) : Operation(Author)
    {
        internal override byte Kind => 6;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Address(Author).Word(SetHash).Word(RevealTip);
    }

    /// <summary>Observation: the chain has a newer snapshot (rule P1).</summary>
    /// <param name="Snapshot">Its id; higher than the one before.</param>
    public sealed record ObserveSet(uint Snapshot, ImmutableArray<Validator> Members) : Operation(Address.Zero)
    {
        internal override byte Kind => 7;

        internal override CanonicalWriter Write(CanonicalWriter writer) => Members.Aggregate(
            writer.Number(Snapshot).Number((uint)Members.Length), static (all, member) => all.Address(member.Key).Amount(new TokenAmount(member.Weight)));
    }

    /// <summary>Observation: the chain has accepted the last checkpoint of this epoch (rule P5).</summary>
    public sealed record ObserveCheckpoint(ulong Epoch) : Operation(Address.Zero)
    {
        internal override byte Kind => 8;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Number(Epoch);
    }

    /// <summary>Observation: what the subnet's owner has set on the chain.</summary>
    /// <param name="ChainNumber">A block at which it was in force; higher than the one before.</param>
    /// <param name="Policy">Hash of the policy document; zero for none.</param>
    /// <param name="FloorBasisPoints">The least share of a node's receipts that is checked, 1 to 10,000.</param>
    public sealed record ObservePolicy(ulong ChainNumber, Hash32 Policy, ushort FloorBasisPoints) : Operation(Address.Zero)
    {
        internal const ushort MostBasisPoints = 10_000;

        internal override byte Kind => 9;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Number(ChainNumber).Word(Policy).Number((uint)FloorBasisPoints);
    }

    /// <summary>Observation: rewards, penalties and pardons after a period, as the ledger's receipts and verdicts make them.</summary>
    /// <param name="Root">Merkle root in the contract's form.</param>
    public sealed record ObserveRewards(ulong Period, Hash32 Root) : Operation(Address.Zero)
    {
        internal override byte Kind => 10;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Number(Period).Word(Root);
    }

    /// <summary>A gateway has one of its receipts audited, because a client has put up a bond: all validators check it, whatever the sample is.</summary>
    /// <param name="Period">Of the receipt's list; committed, or still to be.</param>
    /// <param name="Receipt">The receipt's digest, as its leaf has it.</param>
    /// <param name="Client">Who asked, and whose bond it is.</param>
    /// <param name="Bond">Atomic units.</param>
    public sealed record OpenAudit(Address Author, ulong Period, Hash32 Receipt, Address Client, TokenAmount Bond) : Operation(Author)
    {
        internal override byte Kind => 11;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Address(Author).Number(Period).Word(Receipt).Address(Client).Amount(Bond);
    }

    /// <summary>
    /// A fact for the verification of work, in its own words (<c>Ncn.Verification.Testimony</c>). The ledger orders it and keeps nothing of it:
    /// the verification takes only what it can check.
    /// </summary>
    /// <param name="Topic">Which fact.</param>
    /// <param name="Content">At most <see cref="MostContent"/> bytes.</param>
    public sealed record Testify(Address Author, byte Topic, HexBytes Content) : Operation(Author)
    {
        /// <summary>Longest content.</summary>
        public const int MostContent = 4_096;

        internal override byte Kind => 12;

        internal override CanonicalWriter Write(CanonicalWriter writer) => writer.Address(Author).Byte(Topic).Bytes(Content.Span);
    }

    /// <summary>Observation: what came into the subnet's reward pool, or left an operator's stake for it, since the observation before.</summary>
    /// <param name="ChainNumber">Up to and with this block of the chain; higher than the one before.</param>
    /// <param name="Entries">At most <see cref="MostEntries"/>, in the chain's order; when there are more, an earlier block is named.</param>
    public sealed record ObserveFunds(ulong ChainNumber, ImmutableArray<FundEntry> Entries) : Operation(Address.Zero)
    {
        /// <summary>Most entries.</summary>
        public const int MostEntries = 1_024;

        internal override byte Kind => 13;

        internal override CanonicalWriter Write(CanonicalWriter writer) => Entries.Aggregate(
            writer.Number(ChainNumber).Number((uint)Entries.Length), static (all, entry) => all.Byte(entry.Kind).Word(entry.Source).Amount(entry.Amount));
    }
}

/// <summary>One payment into a reward pool.</summary>
/// <param name="Kind">1: a protocol fee, by who was paid. 2: somebody's own payment (a bond), by who paid. 3: an executed penalty, by its id.</param>
/// <param name="Source">An address with twelve zero bytes before it, or an id.</param>
/// <param name="Amount">Atomic units of the subnet's stake token.</param>
public readonly record struct FundEntry(byte Kind, Hash32 Source, TokenAmount Amount);
