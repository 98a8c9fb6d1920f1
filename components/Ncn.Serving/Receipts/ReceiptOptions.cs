using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Receipts;

/// <summary>How receipts are kept for validators (section <c>Ncn:Gateway:Receipts</c>).</summary>
public sealed class ReceiptOptions
{
    /// <summary>Length of a period, seconds: 1 to 3,600, default 60. All gateways and validators of a subnet have the same.</summary>
    [Range(1, 3_600)]
    public int PeriodSeconds { get; set; } = 60;

    /// <summary>How long a receipt may wait in memory for others to be written with it, milliseconds: 10 to 60,000, default 500. A crash loses that much at most.</summary>
    [Range(10, 60_000)]
    public int FlushMilliseconds { get; set; } = 500;

    /// <summary>How long after a period's end its list is closed, seconds: 1 to 600, default 5. What is written later belongs to the next list.</summary>
    [Range(1, 600)]
    public int GraceSeconds { get; set; } = 5;

    /// <summary>Periods that are kept: 3 to 1,000,000, default 1,440 (a day of minutes). It must cover the validators' checks, audits included.</summary>
    [Range(3, 1_000_000)]
    public int KeptPeriods { get; set; } = 1_440;

    /// <summary>Most bytes that are kept, 1 MiB to 1 TiB, default 4 GiB: the oldest whole periods go first.</summary>
    [Range(1L << 20, 1L << 40)]
    public long KeptBytes { get; set; } = 4L << 30;

    /// <summary>Most bytes that wait to be written, 1 MiB to 1 GiB, default 64 MiB. While the storage does not take more, further receipts are not kept, and logged.</summary>
    [Range(1 << 20, 1 << 30)]
    public int MaxWaitingBytes { get; set; } = 64 << 20;

    internal ulong Length => (ulong)PeriodSeconds * 1000;

    internal ulong Grace => (ulong)GraceSeconds * 1000;
}
