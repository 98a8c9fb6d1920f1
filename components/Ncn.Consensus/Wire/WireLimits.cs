namespace Ncn.Consensus.Wire;

/// <summary>Bounds of what is read. They are part of the protocol: a network whose nodes differ in them stops.</summary>
public static class WireLimits
{
    /// <summary>Bytes of a block's operations as they travel.</summary>
    public const int BodyBytes = 1_048_576;

    /// <summary>Certificates that a proposal carries.</summary>
    public const int Justification = 16;

    /// <summary>Votes of one <see cref="WireKind.Relayed"/> frame; more go into several.</summary>
    public const int RelayedVotes = 512;

    /// <summary>Operations of one <see cref="WireKind.Operations"/> frame.</summary>
    public const int RelayedOperations = 1_024;

    /// <summary>Blocks of one answer.</summary>
    public const int Blocks = 64;

    /// <summary>Tails of an epoch's end, and the EpochEnd block.</summary>
    public const int EpochBlocks = 1_024;

    /// <summary>Bytes of entries in one part of a snapshot.</summary>
    public const int SnapshotPartBytes = 262_144;

    /// <summary>Parts of a snapshot: a ledger of 256 MiB. What is false is found when all of it is there, so it bounds what a liar can cost.</summary>
    public const int SnapshotParts = 1_024;

    /// <summary>Parts of what is kept beside a ledger, of <see cref="SnapshotPartBytes"/> each: 128 MiB.</summary>
    public const int KeptParts = 512;

    /// <summary>Bytes of one value of the ledger.</summary>
    public const int ValueBytes = 65_536;

    /// <summary>Bytes behind the head of any frame.</summary>
    public const int PayloadBytes = 2 * BodyBytes;

    internal const int CertificateBytes = VoteBytes + 13 + (ValidatorSet.Most * Protocol.Signature.Size);
    internal const int VoteBytes = 8 + 1 + 32;

    /// <summary>Most bytes behind the head of a frame of this kind, so that nobody gathers a megabyte to find a vote too long.</summary>
    public static int PayloadBytesOf(WireKind kind) => kind switch
    {
        WireKind.Ballot => VoteBytes + 1 + Protocol.Signature.Size,
        WireKind.Relayed => 4 + (RelayedVotes * (VoteBytes + 1 + Protocol.Signature.Size)),
        WireKind.Certified or WireKind.RowOfCertificate => CertificateBytes,
        WireKind.CheckpointSigned => 8 + (5 * 32) + 1 + Protocol.Signature.Size,
        WireKind.Asked => 8 + 1 + 32 + 8,
        WireKind.Proposed or WireKind.RowOfBlock or WireKind.Operations => BodyBytes + (256 * 1024),
        WireKind.Answered or WireKind.RowOfEpoch => PayloadBytes,
        _ => 0,
    };
}
