using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Coordination.Receipts;

/// <summary>A period of which something is kept.</summary>
/// <param name="Bytes">All that is kept of it.</param>
public readonly record struct KeptPeriod(ulong Period, ulong Bytes);

/// <summary>When periods are, which order their receipts have, and how long they are kept. Times are unix milliseconds.</summary>
public static class ReceiptPeriods
{
    /// <summary>The period of a time: as the ledger of the validators counts, header time ÷ length.</summary>
    public static ulong Of(ulong now, ulong length) => now / length;

    /// <summary>When a period's list may be closed: nobody writes into it any more.</summary>
    /// <param name="grace">How late what belongs to it may be written.</param>
    public static ulong ClosesAt(ulong period, ulong length, ulong grace) => ((period + 1) * length) + grace;

    /// <summary>
    /// Whether a receipt may be in a period's list: by its node's clock it is of that period or of one beside it. Validators hold it against a gateway when it
    /// lists one that is two periods further off, for then it is shown a second time.
    /// </summary>
    /// <param name="finishedAt">As the receipt states it.</param>
    public static bool IsTimely(ulong finishedAt, ulong period, ulong length)
    {
        var of = Of(finishedAt, length);
        return Math.Max(of, period) - Math.Min(of, period) <= 1;
    }

    /// <summary>
    /// The list of a period: by segment and place, each receipt once, none that an earlier list has (a node may deliver a job twice), at most
    /// <see cref="ReceiptList.MaxCount"/>.
    /// </summary>
    /// <param name="rows">Of all segments.</param>
    /// <param name="earlier">Digests of the lists before.</param>
    public static ImmutableArray<ReceiptRow> List(IEnumerable<ReceiptRow> rows, IReadOnlySet<Hash32> earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        var known = new HashSet<Hash32>();
        return
        [
            .. rows.OrderBy(static row => row.Segment).ThenBy(static row => row.Offset)
                .Where(row => !earlier.Contains(row.Leaf.Digest) && known.Add(row.Leaf.Digest)).Take(ReceiptList.MaxCount),
        ];
    }

    /// <summary>The periods that are to go: whole ones, the oldest first, until the others fit. The one that is being written and the one before stay.</summary>
    /// <param name="current">The period of now.</param>
    /// <param name="most">Periods that are kept.</param>
    /// <param name="mostBytes">What they may come to, bytes.</param>
    public static ImmutableArray<ulong> Outdated(IEnumerable<KeptPeriod> kept, ulong current, ulong most, ulong mostBytes)
    {
        var all = kept.OrderByDescending(static each => each.Period).ToArray();
        var (outdated, bytes) = (ImmutableArray.CreateBuilder<ulong>(), 0UL);
        foreach (var each in all)
        {
            bytes += each.Bytes;
            var isOld = each.Period + most < current || bytes > mostBytes || outdated.Count > 0;
            if (isOld && each.Period + 1 < current)
            {
                outdated.Add(each.Period);
            }
        }

        outdated.Reverse();
        return outdated.ToImmutable();
    }
}
