using System.Collections.Immutable;
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
        Of("verification-finds-fault", "validators find fault with all that they check", new VerificationCores { Says = Finding.Failed }, VerificationInvariants.HonestNotPunished, VerificationInvariants.AuditLoser),
        Of("verification-endless-patience", "no record ever accuses", new VerificationCores { Rules = static _ => VerificationCores.Usual with { Test = SequentialRules.Standard with { Accuse = 1_000_000_000 } } }, VerificationInvariants.CheatersCaught, Simulation.Invariants.Invariant.BegunEnds),
        Of("verification-pays-more", "an account is given more than its share", new VerificationCores { Apply = WrongFolds.PaysMore }, VerificationInvariants.RewardsWithinFees),
        Of("verification-punishes-twice", "a penalty is decided twice", new VerificationCores { Apply = WrongFolds.PunishesTwice }, VerificationInvariants.PenaltyOnce),
        Of("verification-blames-plants", "a plant counts against its node", new VerificationCores { Apply = WrongFolds.BlamesPlants }, VerificationInvariants.PlantExcuses),
        Of("verification-free-plants", "to open a plant costs nothing", new VerificationCores { Apply = WrongFolds.FreePlants }, VerificationInvariants.ExcusePaid),
        Of("verification-forgives-checkers", "a plant that was passed costs no duty", new VerificationCores { Apply = WrongFolds.ForgivesCheckers }, VerificationInvariants.PlantPassedUnpaid),
        Of("verification-credits-canaries", "a canary counts like what was drawn", new VerificationCores { Apply = WrongFolds.CreditsCanaries }, VerificationInvariants.ProbeNoBetter),
        Of("verification-wrong-loser", "who was right loses an audit", new VerificationCores { Apply = WrongFolds.WrongLoser }, VerificationInvariants.AuditLoser),
        Of("verification-never-pardons", "no penalty is ever lifted", new VerificationCores { Apply = WrongFolds.NeverPardons }, VerificationInvariants.FallsWithFaults),
        Of("verification-keeps-bonds", "the bond of an audit is given back and kept", new VerificationCores { Apply = WrongFolds.KeepsBonds }, VerificationInvariants.MoneyConserved),
        Of("verification-takes-back", "what a gateway has earned is shared out again", new VerificationCores { Apply = WrongFolds.TakesBack }, VerificationInvariants.PaidCameIn),
    ];

    private static Mutation Of(string name, string words, VerificationCores verification, params ImmutableArray<string> breaks) =>
        new(name, words, new Cores { Consensus = new ConsensusCores { IsAlone = true }, Verification = verification }, breaks) { Steps = 3_000 };
}
