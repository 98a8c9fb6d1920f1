namespace Ncn.Consensus.Wire;

/// <summary>What a frame carries.</summary>
public enum WireKind
{
    /// <summary>A vote, by its signer.</summary>
    Ballot = 1,

    /// <summary>Votes of others.</summary>
    Relayed = 2,

    /// <summary>A certificate.</summary>
    Certified = 3,

    /// <summary>A leader's block, its signature and its justification.</summary>
    Proposed = 4,

    /// <summary>A validator's signature under a checkpoint.</summary>
    CheckpointSigned = 5,

    /// <summary>Operations that want to be in a block.</summary>
    Operations = 6,

    /// <summary>A question for what is missing.</summary>
    Asked = 7,

    /// <summary>The answer to one.</summary>
    Answered = 8,

    /// <summary>D6, on the own disk alone.</summary>
    RowOfBlock = 65,

    /// <summary>D7, on the own disk alone.</summary>
    RowOfCertificate = 66,

    /// <summary>D8, on the own disk alone.</summary>
    RowOfEpoch = 67,
}
