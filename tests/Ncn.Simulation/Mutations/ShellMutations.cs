using System.Collections.Immutable;
using Ncn.Simulation.Actors;
using Ncn.Simulation.Invariants;

namespace Ncn.Simulation.Mutations;

/// <summary>Shells that are wrong around cores that are right.</summary>
internal static class ShellMutations
{
    internal static ImmutableArray<Mutation> All { get; } =
    [
        Of("act-before-commit", "the registry acts on a state that is not durable yet", ShellFault.ActsBeforeCommit, Invariant.SignedTotalDurable, Invariant.AnswersSurvive, Invariant.QueuedIsAnswered, Invariant.ChargedIsAnswered, Invariant.DeliveredIsCharged, Invariant.JobEndsOnce, Invariant.LeaseTokensRise),
        Of("answer-before-commit", "clients' channels answer before they are durable", ShellFault.AnswersClientsBeforeCommit, Invariant.AnswersSurvive, Invariant.ChargedIsAnswered, Invariant.DeliveredIsCharged, Invariant.KeyChargedOnce),
        Of("dead-letter-keeps-money", "a dead job's reservation is not released", ShellFault.LeavesDeadReservations, Invariant.DeadLetterReleases),
        Of("dead-letter-lost", "a dead job's request is not told", ShellFault.ForgetsTheDead, Invariant.QueuedIsAnswered),
        Of("fail-and-charge", "a queued answer is charged and kept as a failure", ShellFault.FailsAndCharges, Invariant.FailedIsNotCharged),
        Of("work-never-deleted", "nodes leave the work that they have done on the queue", ShellFault.NeverDeletes, Invariant.BegunEnds),
        Of("charge-without-receipt", "a gateway charges for a run that failed", ShellFault.ChargesWithoutReceipt, Invariant.NoChargeWithoutReceipt),
        Of("believed-receipts", "a gateway believes what any receipt states", ShellFault.BelievesReceipts, Invariant.NoChargeWithoutReceipt, Invariant.ChargeWithinReceipts),
        Of("charge-the-ceiling", "a gateway charges the ceiling, whatever the receipt says", ShellFault.ChargesTheCeiling, Invariant.ChargeWithinReceipts),
        Of("charge-above-ceiling", "a gateway holds and charges more than the ceiling", ShellFault.ExceedsTheCeiling, Invariant.ChargeWithinCeiling, Invariant.AnswerWithinCeiling),
        Of("tell-above-ceiling", "a gateway tells a price above the ceiling", ShellFault.TellsTooMuch, Invariant.AnswerWithinCeiling),
        Of("charge-and-fail", "a gateway charges and gives no answer", ShellFault.ChargesAndFails, Invariant.ChargedIsAnswered),
        Of("give-away", "a gateway gives answers that it does not charge", ShellFault.GivesAway, Invariant.DeliveredIsCharged),
        Of("wrong-answer", "a gateway gives the answer of another request", ShellFault.MixesUpAnswers, Invariant.AnswerIsForRequest),
        Of("wrong-channel", "a gateway books all clients on one channel", ShellFault.MixesUpChannels, Invariant.ChargedToOwnClient, Invariant.OwesWithinCeilings),
        Of("places-leak", "a gateway never gives a place back", ShellFault.LeaksPlaces, Invariant.NobodyWaitsForEver),
        Of("escrow-pays-promises", "the escrow pays out what vouchers promise", ShellFault.PaysOutPromises, Invariant.ChargedIsClaimable),
    ];

    private static Mutation Of(string name, string words, ShellFault fault, params ImmutableArray<string> breaks) => new(name, words, new Cores { Fault = fault }, breaks);
}
