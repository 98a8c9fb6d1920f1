namespace Ncn.Simulation.Consensus;

/// <summary>How a Byzantine validator behaves; one of them all the time.</summary>
internal enum Strategy
{
    Honest,

    /// <summary>Other votes and other blocks to each receiver.</summary>
    Equivocating,

    /// <summary>Follows, and says nothing.</summary>
    Silent,

    /// <summary>Speaks to some only.</summary>
    Selective,

    /// <summary>Speaks when it is nearly too late.</summary>
    Delaying,

    /// <summary>Proposes blocks with a state that does not follow, and answers questions with other blocks.</summary>
    LyingAboutState,

    /// <summary>Proposes on older blocks than it must, and when it is not its turn.</summary>
    Usurping,

    /// <summary>Signs whatever there is to be signed, and gives each view up as well: nothing is at stake for it.</summary>
    SigningEverything,

    /// <summary>Holds certificates and the votes that make one back until the view is nearly over.</summary>
    Withholding,

    /// <summary>Notarizes just before others give the view up, to half of them.</summary>
    LateVoting,

    /// <summary>Proposes without the certificates that its block stands on, or with others.</summary>
    Unjustified,

    /// <summary>Gives its own view up, to half of the others, once they have its block.</summary>
    NullifyingOwn,

    /// <summary>Finalizes in views that are long over, again and again.</summary>
    FloodingPast,

    /// <summary>Votes in views that are far ahead.</summary>
    FloodingFuture,

    /// <summary>Sends again what it or others said before, of earlier epochs and of other networks.</summary>
    Replaying,

    /// <summary>Answers questions with what was not asked for.</summary>
    FalseAnswers,

    /// <summary>Is silent while an epoch ends.</summary>
    StallingEpochEnd,

    /// <summary>Never says that it is ready for the next set.</summary>
    NotReady,

    /// <summary>Crashes and comes back all the time.</summary>
    Flapping,

    /// <summary>Goes on from an old copy of its disk, with the same key.</summary>
    Restoring,

    /// <summary>Proposes to observe sets that the chain does not have.</summary>
    InventingSets,

    /// <summary>Signs no checkpoint.</summary>
    WithholdingCheckpoints,

    /// <summary>Signs one checkpoint for some and another for others.</summary>
    FalseCheckpoints,

    /// <summary>Makes other ends of past epochs up, signed with the keys of all that have left.</summary>
    RewritingHistory,

    /// <summary>Something else with each message.</summary>
    Changing,

    /// <summary>In the view after an epoch's last block, which no final block will ever explain, it votes for one block to one half and for another to the other.</summary>
    DividingEnds,
}
