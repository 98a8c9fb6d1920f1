using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Bounds of the state: no input makes it greater.</summary>
internal static class Bounds
{
    internal const int Members = 100;
    internal const int Commitments = 16_384;
    internal const int Cases = 16_384;
    internal const int Records = 4_096;
    internal const int Pots = 8_192;
    internal const int Work = 32_768;
    internal const int Credits = 4_096;
    internal const int Audits = 1_024;
    internal const int Accounts = 65_536;
    internal const int Penalties = 1_024;

    /// <summary>Greatest amount of one fact.</summary>
    internal static readonly TokenAmount Amount = new((UInt128.One << 96) - 1);
}

/// <summary>One application of the fold: the state so far, and what followed.</summary>
internal sealed class Step(VerificationState state)
{
    internal VerificationState State { get; set; } = state;

    internal List<VerificationOutput> Outputs { get; } = [];

    /// <summary>A penalty or pardon is new: there must be a statement with it.</summary>
    internal bool NeedsStatement { get; set; }

    internal ulong Clock => State.Clock;

    internal VerificationRules Rules => State.Rules;

    internal bool IsMember(Address key) => State.Members.Any(member => member.Key == key);

    internal void SetCase(Hash32 subject, Case item) => State = State with { Cases = State.Cases.SetItem(subject, item) };

    internal void SetCommitment(CommitmentKey key, Commitment commitment) => State = State with { Commitments = State.Commitments.SetItem(key, commitment) };
}
