using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Consensus;
using Ncn.Simulation.Mutations;
using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>Verifications that are wrong on purpose.</summary>
internal static class VerificationMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("verification-own-rules", "one validator has a rule of its own", new VerificationCores { Rules = static number => number == 1 ? VerificationCores.Usual with { PassesPerHalving = 7 } : VerificationCores.Usual }, VerificationInvariants.OneFold),
        Of("verification-one-accuser", "one validator's word weighs more than all others'", new VerificationCores { Apply = OneAccuser }, VerificationInvariants.HonestNotPunished),
        Of("verification-endless-patience", "no record ever accuses", new VerificationCores { Rules = static _ => VerificationCores.Usual with { Test = SequentialRules.Standard with { Accuse = 1_000_000_000 } } }, VerificationInvariants.CheatersCaught, Simulation.Invariants.Invariant.BegunEnds),
        Of("verification-pays-more", "an account is given more than its share", new VerificationCores { Apply = PaysMore }, VerificationInvariants.RewardsWithinFees),
        Of("verification-punishes-twice", "a penalty is decided twice", new VerificationCores { Apply = PunishesTwice }, VerificationInvariants.PenaltyOnce),
    ];

    private static Mutation Of(string name, string words, VerificationCores verification, params ImmutableArray<string> breaks) =>
        new(name, words, new Cores { Consensus = new ConsensusCores { IsAlone = true }, Verification = verification }, breaks);

    // The highest key's weight is so large that it alone is more than two thirds.
    private static (VerificationState, IReadOnlyList<VerificationOutput>) OneAccuser(VerificationState state, DeliveredBlock block) => VerificationState.Apply(
        state, block with { Facts = [.. block.Facts.Select(static fact => fact is Fact.SetStarted started ? new Fact.SetStarted(started.Members.SetItem(0, started.Members[0] with { Weight = 1_000_000 })) : fact)] });

    private static (VerificationState, IReadOnlyList<VerificationOutput>) PaysMore(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        return (block.IsEpochEnd && next.Accounts.Count > 0 ? next with { Accounts = next.Accounts.SetItem(next.Accounts.Keys.First(), next.Received + new TokenAmount(1)) } : next, outputs);
    }

    private static (VerificationState, IReadOnlyList<VerificationOutput>) PunishesTwice(VerificationState state, DeliveredBlock block)
    {
        var (next, outputs) = VerificationState.Apply(state, block);
        return (next, [.. outputs, .. outputs.OfType<VerificationOutput.PenaltyDecided>()]);
    }
}
