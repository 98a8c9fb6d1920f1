namespace Ncn.Consensus;

/// <summary>Periods and bounds. All nodes of a network should have the same periods; safety depends on none of them.</summary>
public sealed record ConsensusLimits
{
    /// <summary>The usual ones.</summary>
    public static ConsensusLimits Default { get; } = new();

    /// <summary>D0: a unit of time in which a message arrives, is checked and is made durable; at least twice the usual delay. Milliseconds, from 1.</summary>
    public ulong UnitMilliseconds { get; init; } = 50;

    /// <summary>Dmax: what the unit grows to without finality; above the worst delay there may be, milliseconds.</summary>
    public ulong LongestUnitMilliseconds { get; init; } = 60_000;

    /// <summary>R: first wait before what may have been lost is sent again; it doubles within a view, milliseconds.</summary>
    public ulong ResendMilliseconds { get; init; } = 100;

    /// <summary>What that wait doubles to, milliseconds.</summary>
    public ulong LongestResendMilliseconds { get; init; } = 2_000;

    /// <summary>Tidle: a leader without operations waits so long before it makes an empty block, milliseconds.</summary>
    public ulong IdleMilliseconds { get; init; } = 1_000;

    /// <summary>Votes of views further ahead than this are dropped.</summary>
    public ulong FutureViews { get; init; } = 8;

    /// <summary>Votes of views so far behind the final one are kept, for evidence alone.</summary>
    public ulong PastViews { get; init; } = 16;

    /// <summary>Epochs before the running one whose last votes are kept, for evidence alone. A shell gives in votes of as many.</summary>
    public int PastEpochs { get; init; } = 1;

    /// <summary>Certificates that a proposal carries; the others are fetched.</summary>
    public int InlineCertificates { get; init; } = 16;

    /// <summary>Certificates or blocks that are asked for at once.</summary>
    public int MaxFetches { get; init; } = 16;

    /// <summary>A node that is further behind takes a snapshot of the ledger instead of the blocks, heights.</summary>
    public ulong MaxCatchUp { get; init; } = 256;

    /// <summary>K: every so many heights a checkpoint is signed, and at the end of each epoch.</summary>
    public ulong CheckpointInterval { get; init; } = 100;

    /// <summary>Heights of which checkpoints are collected at once.</summary>
    public int MaxOpenCheckpoints { get; init; } = 8;

    /// <summary>Section 2.8: whether votes of a view are kept by who is in another.</summary>
    internal bool IsInReach(ulong view, ulong ownView, ulong finalView) => view <= ownView + FutureViews && view + PastViews > finalView;
}
