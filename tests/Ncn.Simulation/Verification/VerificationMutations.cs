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
        Of("verification-finds-fault", "validators find fault with all that they check", new VerificationCores { Says = Finding.Failed }, VerificationInvariants.HonestNotPunished),
        Of("verification-endless-patience", "no record ever accuses", new VerificationCores { Rules = static _ => VerificationCores.Usual with { Test = SequentialRules.Standard with { Accuse = 1_000_000_000 } } }, VerificationInvariants.CheatersCaught, Simulation.Invariants.Invariant.BegunEnds),
        Of("verification-pays-more", "an account is given more than its share", new VerificationCores { Apply = PaysMore }, VerificationInvariants.RewardsWithinFees),
        Of("verification-punishes-twice", "a penalty is decided twice", new VerificationCores { Apply = PunishesTwice }, VerificationInvariants.PenaltyOnce),
    ];

    private static Mutation Of(string name, string words, VerificationCores verification, params ImmutableArray<string> breaks) =>
        new(name, words, new Cores { Consensus = new ConsensusCores { IsAlone = true }, Verification = verification }, breaks);

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
