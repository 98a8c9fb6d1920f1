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
}
