namespace Ncn.Simulation.Actors;

/// <summary>What a shell does wrong on purpose, around cores that are right.</summary>
public enum ShellFault
{
    None,

    /// <summary>The registry answers before its commit is durable.</summary>
    ActsBeforeCommit,

    /// <summary>Of clients' channels alone the registry answers before its commit is durable.</summary>
    AnswersClientsBeforeCommit,

    /// <summary>A dead job's request is answered, and its reservation is left.</summary>
    LeavesDeadReservations,

    /// <summary>Dead jobs are not told.</summary>
    ForgetsTheDead,

    /// <summary>A queued answer is charged, and kept as a failure.</summary>
    FailsAndCharges,

    /// <summary>Nodes leave the work that they have done on the queue.</summary>
    NeverDeletes,

    /// <summary>A gateway charges for a run that no node gave a receipt for.</summary>
    ChargesWithoutReceipt,

    /// <summary>A gateway believes any receipt that names its job.</summary>
    BelievesReceipts,

    /// <summary>A gateway charges the ceiling, whatever the receipt says.</summary>
    ChargesTheCeiling,

    /// <summary>A gateway holds more than the ceiling, and charges it.</summary>
    ExceedsTheCeiling,

    /// <summary>A gateway tells its clients a higher price than the ceiling.</summary>
    TellsTooMuch,

    /// <summary>A gateway charges a request without a key, and gives no answer.</summary>
    ChargesAndFails,

    /// <summary>A gateway gives answers and does not charge them.</summary>
    GivesAway,

    /// <summary>A gateway gives the answer of another request.</summary>
    MixesUpAnswers,

    /// <summary>A gateway books every client on the first one's channel.</summary>
    MixesUpChannels,

    /// <summary>A gateway forgets to give a place back.</summary>
    LeaksPlaces,

    /// <summary>The escrow pays out what was promised too.</summary>
    PaysOutPromises,
}
