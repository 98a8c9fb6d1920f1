using System.Buffers.Binary;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>How the set changes (rules P1 and P5): a snapshot of the chain is observed, its members say that they are ready, and the epoch's end decides.</summary>
internal static class SetRules
{
    private const int CandidateBytes = 8 + Hash32.Size + 16 + 16;

    /// <summary>P1: a newer snapshot takes the place of the one before.</summary>
    internal static LedgerState? Observe(LedgerState state, Operation.ObserveSet observed)
    {
        if (Read(state) is { } known && observed.Snapshot <= known.Snapshot)
        {
            return null;
        }

        var isSet = observed.Members.Length is >= ValidatorSet.Fewest and <= ValidatorSet.Most && observed.Members.All(static member => !member.Key.IsZero && member.Weight > 0 && member.Weight >> 96 == 0)
            && observed.Members.Zip(observed.Members.Skip(1)).All(static pair => pair.First.Key < pair.Second.Key);
        if (!isSet)
        {
            return null;
        }

        var set = ValidatorSet.Of(observed.Members);
        state = set.Members.Aggregate(state, (all, member) => all.With(LedgerState.Key(LedgerTable.Candidate, member.Key, set.Hash), new CanonicalWriter().Amount(new TokenAmount(member.Weight))));
        return Write(state, new SetCandidate(observed.Snapshot, set.Hash, set.TotalWeight, 0));
    }

    /// <summary>P1: once for each member.</summary>
    internal static LedgerState? BeReady(LedgerState state, Operation.BeReady ready)
    {
        if (Read(state) is not { } candidate || candidate.SetHash != ready.SetHash || state.Main.Find(ReadyKey(candidate, ready.Author)) is not null
            || state.Main.Find(LedgerState.Key(LedgerTable.Candidate, ready.Author, ready.SetHash)) is not { } weight)
        {
            return null;
        }

        var key = ReadyKey(candidate, ready.Author);

        state = Write(state, candidate with { Ready = candidate.Ready + BinaryPrimitives.ReadUInt128BigEndian(weight.Span) }).With(key, new CanonicalWriter().Byte(1));
        return ready.RevealTip.IsZero ? state : state.With(LedgerState.Key(LedgerTable.RevealTip, ready.Author), new CanonicalWriter().Word(ready.RevealTip));
    }

    /// <summary>P1, P5: who votes after this epoch. The candidate, if a quorum of it is ready and the chain knows the end of the epoch before; else the same set.</summary>
    internal static Hash32 Next(LedgerState state, ulong epoch, Hash32 current) =>
        Read(state) is { } candidate && Quorum.IsReached(candidate.Ready, candidate.Total) && state.Number(LedgerTable.Acknowledged) + 1 >= epoch ? candidate.SetHash : current;

    /// <summary>The candidate's snapshot and set.</summary>
    internal static (ulong Snapshot, Hash32 SetHash)? Candidate(LedgerState state) => Read(state) is { } candidate ? (candidate.Snapshot, candidate.SetHash) : null;

    /// <summary>Whether a member of the candidate has not said yet that it is ready.</summary>
    internal static bool Awaits(LedgerState state, Address member) =>
        Read(state) is { } candidate && state.Main.Find(LedgerState.Key(LedgerTable.Candidate, member, candidate.SetHash)) is not null && state.Main.Find(ReadyKey(candidate, member)) is null;

    // Of this snapshot: a set that was left may come again, and its members say anew that they are there.
    private static Hash32 ReadyKey(SetCandidate candidate, Address member) =>
        LedgerState.Key(LedgerTable.Ready, member, Keccak256.Of(new CanonicalWriter().Word(candidate.SetHash).Number(candidate.Snapshot).Written));

    private static SetCandidate? Read(LedgerState state) => state.Main.Find(LedgerState.Key(LedgerTable.NextSet, [])) is { Length: CandidateBytes } value
        ? new SetCandidate(
            BinaryPrimitives.ReadUInt64BigEndian(value.Span), new Hash32(value.Span.Slice(8, Hash32.Size)),
            BinaryPrimitives.ReadUInt128BigEndian(value.Span[40..]), BinaryPrimitives.ReadUInt128BigEndian(value.Span[56..]))
        : null;

    private static LedgerState Write(LedgerState state, SetCandidate candidate) => state.With(LedgerTable.NextSet, new CanonicalWriter()
        .Number(candidate.Snapshot).Word(candidate.SetHash).Amount(new TokenAmount(candidate.Total)).Amount(new TokenAmount(candidate.Ready)));

    private sealed record SetCandidate(ulong Snapshot, Hash32 SetHash, UInt128 Total, UInt128 Ready);
}
