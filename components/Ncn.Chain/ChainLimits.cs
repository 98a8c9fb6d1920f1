namespace Ncn.Chain;

/// <summary>How patient and how frugal a connection is. Each is a setting <c>Ncn:Chain:NAME</c>, whole numbers.</summary>
public sealed record ChainLimits
{
    /// <summary>Most requests a second that one endpoint gets: 1 to 100,000; 0, the default, for no limit.</summary>
    public uint RequestsPerSecond { get; init; }

    /// <summary>How long an endpoint may take for one answer, seconds: 1 to 120, default 20.</summary>
    public uint RequestTimeoutSeconds { get; init; } = 20;

    /// <summary>How often a request that nobody answered goes round all endpoints: 1 to 10, default 2.</summary>
    public uint Rounds { get; init; } = 2;

    /// <summary>Blocks that an endpoint may be behind the furthest one before it is passed over: 1 to 10,000, default 16.</summary>
    public uint MaxLagBlocks { get; init; } = 16;

    /// <summary>Most blocks in one request for logs: 1 to 100,000, default 2,000; fewer when an endpoint refuses.</summary>
    public uint LogRangeBlocks { get; init; } = 2_000;

    /// <summary>Largest answer, bytes: 65,536 to 268,435,456, default 16,777,216.</summary>
    public uint MaxAnswerBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Most that is ever bid for a unit of gas, wei: from 1, default 500,000,000,000 (500 gwei).</summary>
    public ulong MaxFeePerGas { get; init; } = 500_000_000_000;

    /// <summary>How long a caller waits for its transaction, seconds: 1 to 3,600, default 60. Then the outcome is "pending".</summary>
    public uint PatienceSeconds { get; init; } = 60;

    /// <summary>When a transaction that is not mined is offered to a node again, seconds: 1 to 3,600, default 10.</summary>
    public uint ResendAfterSeconds { get; init; } = 10;

    /// <summary>When a transaction that is not mined bids more, seconds: 1 to 86,400, default 30.</summary>
    public uint BumpAfterSeconds { get; init; } = 30;
}
