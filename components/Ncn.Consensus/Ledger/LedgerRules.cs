using System.Buffers.Binary;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>What each operation does to the ledger. Signatures were checked before; whether an observation is true is each validator's own matter.</summary>
public static class LedgerRules
{
    /// <summary>The state after the operation; null when it is refused, which makes a block with it invalid.</summary>
    public static LedgerState? Apply(LedgerState state, Operation operation)
    {
        ArgumentNullException.ThrowIfNull(state);
        return operation switch
        {
            Operation.AnnounceNode announce => SetNode(state, announce.Author, announce.Sequence, announce.Record),
            Operation.RetireNode retire => state.RecordOf(retire.Author) is null ? null : SetNode(state, retire.Author, retire.Sequence, default),
            Operation.CommitReceipts commit => CommitReceipts(state, commit),
            Operation.CommitVerdict commit => CommitVerdict(state, commit),
            Operation.RevealVerdict reveal => RevealVerdict(state, reveal),
            Operation.OpenAudit audit => OpenAudit(state, audit),
            Operation.BeReady ready => SetRules.BeReady(state, ready),
            Operation.ObserveSet observed => SetRules.Observe(state, observed),
            Operation.ObserveCheckpoint observed => Raise(state, LedgerTable.Acknowledged, observed.Epoch),
            Operation.ObservePolicy observed => ObservePolicy(state, observed),
            Operation.ObserveRewards observed => Raise(state, LedgerTable.RewardsPeriod, observed.Period)?.With(LedgerTable.Rewards, new CanonicalWriter().Word(observed.Root)),
            Operation.ObserveFunds funds => !funds.Entries.IsDefault && funds.Entries.Length <= Operation.ObserveFunds.MostEntries ? Raise(state, LedgerTable.FundsSince, funds.ChainNumber) : null,
            Operation.Testify testimony => testimony.Content.Length <= Operation.Testify.MostContent ? state : null,
            _ => null,
        };
    }

    private static LedgerState? ObservePolicy(LedgerState state, Operation.ObservePolicy observed) => observed.FloorBasisPoints is 0 or > Operation.ObservePolicy.MostBasisPoints ? null
        : Raise(state, LedgerTable.PolicySince, observed.ChainNumber)?.With(LedgerTable.Policy, new CanonicalWriter().Word(observed.Policy))
            .With(LedgerTable.PolicyFloor, new CanonicalWriter().Number((ulong)observed.FloorBasisPoints));

    private static LedgerState? SetNode(LedgerState state, Address node, ulong sequence, Hash32 record)
    {
        var key = LedgerState.Key(LedgerTable.Node, node);
        var known = state.Main.Find(key) is { Length: LedgerState.NodeBytes } value ? BinaryPrimitives.ReadUInt64BigEndian(value.Span) : 0;
        return sequence > known ? state.With(key, new CanonicalWriter().Number(sequence).Word(record)) : null;
    }

    // The first commitment counts: nobody can choose the receipts after the beacon.
    private static LedgerState? CommitReceipts(LedgerState state, Operation.CommitReceipts commit)
    {
        var key = Keccak256.Of(new CanonicalWriter().Address(commit.Author).Number(commit.Period).Written);
        return state.RecordOf(commit.Author) is not null && state.Receipts.Find(key) is null
            ? state with { Receipts = state.Receipts.With(key, new HexBytes(commit.Write(new CanonicalWriter()).Written)) }
            : null;
    }

    private static LedgerState? CommitVerdict(LedgerState state, Operation.CommitVerdict commit)
    {
        var key = LedgerState.Key(LedgerTable.Verdict, commit.Author, commit.Subject);
        return state.Main.Find(key) is null ? state.With(key, new CanonicalWriter().Word(commit.Commitment)) : null;
    }

    private static LedgerState? RevealVerdict(LedgerState state, Operation.RevealVerdict reveal)
    {
        var key = LedgerState.Key(LedgerTable.Verdict, reveal.Author, reveal.Subject);
        return state.Main.Find(key) is { Length: Hash32.Size } commitment && new Hash32(commitment.Span) == reveal.Commitment()
            ? state.With(key, new CanonicalWriter().Byte(reveal.Outcome))
            : null;
    }

    // Once for each receipt; of gateways that are there, because a stranger's receipts are nobody's to check.
    private static LedgerState? OpenAudit(LedgerState state, Operation.OpenAudit audit)
    {
        var key = LedgerState.Key(LedgerTable.Audit, audit.Author, audit.Receipt);
        return state.RecordOf(audit.Author) is not null && state.Main.Find(key) is null
            ? state.With(key, new CanonicalWriter().Number(audit.Period).Address(audit.Client).Amount(audit.Bond))
            : null;
    }

    private static LedgerState? Raise(LedgerState state, LedgerTable table, ulong number) =>
        number > state.Number(table) ? state.With(table, new CanonicalWriter().Number(number)) : null;
}
