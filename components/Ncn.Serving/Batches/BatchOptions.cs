using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Batches;

/// <summary>How batches are run (section <c>Ncn:Gateway:Batches</c>).</summary>
public sealed class BatchOptions
{
    /// <summary>Most requests in one batch: 1 to 50,000, default 10,000.</summary>
    [Range(1, 50_000)]
    public int MaxLines { get; set; } = 10_000;

    /// <summary>Batches that may wait or run at once: 1 to 10,000, default 1,000.</summary>
    [Range(1, 10_000)]
    public int MaxOpen { get; set; } = 1000;

    /// <summary>Lines of one batch that are in the queue at once: 1 to 512, default 32.</summary>
    [Range(1, 512)]
    public int Window { get; set; } = 32;

    /// <summary>No line enters the queue while this many requests wait there: 1 to 4,096, default 64. Others go first.</summary>
    [Range(1, 4096)]
    public int QueueRoom { get; set; } = 64;
}
