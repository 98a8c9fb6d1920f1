using System.Buffers.Binary;
using Ncn.Protocol;

namespace Ncn.Consensus;

/// <summary>What a shell needs to read in the ledger, to know what the ledger has not been told.</summary>
public static class LedgerReading
{
    /// <summary>The link of a validator's chain of reveals that was shown last, or its tip (rule K2); null without a chain.</summary>
    public static Hash32? RevealTipOf(this LedgerState state, Address validator)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Main.Find(LedgerState.Key(LedgerTable.RevealTip, validator)) is { Length: >= Hash32.Size } tip ? new Hash32(tip.Span[..Hash32.Size]) : null;
    }

    /// <summary>How many links of its present chain a validator has shown.</summary>
    public static ulong RevealsOf(this LedgerState state, Address validator)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Main.Find(LedgerState.Key(LedgerTable.RevealTip, validator)) is { Length: > Hash32.Size } value ? BinaryPrimitives.ReadUInt64BigEndian(value.Span[Hash32.Size..]) : 0;
    }

    /// <summary>The newest snapshot that was observed, and the hash of its set (rule P1); null before the first.</summary>
    public static (uint Snapshot, Hash32 SetHash)? CandidateSet(this LedgerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return SetRules.Candidate(state) is var (snapshot, hash) ? ((uint)snapshot, hash) : null;
    }

    /// <summary>Whether a member of the candidate has yet to say that it is ready (rule P1).</summary>
    public static bool AwaitsReadiness(this LedgerState state, Address member)
    {
        ArgumentNullException.ThrowIfNull(state);
        return SetRules.Awaits(state, member);
    }

    /// <summary>The last epoch whose end the chain is known to have accepted (rule P5); 0 for none.</summary>
    public static ulong AcknowledgedEpoch(this LedgerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Number(LedgerTable.Acknowledged);
    }

    /// <summary>The block of the chain since which the known policy is in force; 0 for none.</summary>
    public static ulong PolicySince(this LedgerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Number(LedgerTable.PolicySince);
    }

    /// <summary>The policy that was observed; zero for none.</summary>
    public static Hash32 Policy(this LedgerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Word(LedgerTable.Policy);
    }

    /// <summary>The least share of receipts that is checked, basis points, as it was observed; 0 for none.</summary>
    public static ulong PolicyFloor(this LedgerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Number(LedgerTable.PolicyFloor);
    }

    /// <summary>The period after which rewards were last observed; 0 for none.</summary>
    public static ulong RewardsPeriod(this LedgerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Number(LedgerTable.RewardsPeriod);
    }

    /// <summary>The block of the chain up to which funds were observed; 0 before the first.</summary>
    public static ulong FundsSince(this LedgerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Number(LedgerTable.FundsSince);
    }

    /// <summary>What a validator has committed to and not revealed; null for nothing.</summary>
    public static Hash32? VerdictCommitmentOf(this LedgerState state, Address validator, Hash32 subject)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Main.Find(LedgerState.Key(LedgerTable.Verdict, validator, subject)) is { Length: Hash32.Size } commitment ? new Hash32(commitment.Span) : null;
    }
}
