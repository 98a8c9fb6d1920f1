using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>A part of a channel's running total, charged for one request or for neighbouring ones.</summary>
public readonly record struct ChargedRange(TokenAmount From, TokenAmount To);

/// <summary>Our own account of what a channel was charged: the parts of its running total that came with an answer to us.</summary>
/// <remarks>
/// A charge of c that makes the total t covers (t - c, t]. No two charges cover the same part, so a repeated answer counts once, in whatever
/// order answers arrive. What is missing was charged for answers that were lost, for another holder of the key, or for nothing.
/// </remarks>
/// <param name="Folded">The sum of all parts up to <paramref name="FoldedUpTo"/>, which are kept no longer one by one.</param>
/// <param name="Ranges">The parts above it, in order, apart from each other.</param>
public sealed record AccountedCharges(TokenAmount Folded, TokenAmount FoldedUpTo, IReadOnlyList<ChargedRange> Ranges)
{
    /// <summary>Most parts that are kept one by one.</summary>
    public const int MaxRanges = 256;

    /// <summary>Nothing was charged.</summary>
    public static AccountedCharges Empty { get; } = new(default, default, []);

    /// <summary>What came with an answer in all.</summary>
    public TokenAmount Total => Ranges.Aggregate(Folded, static (sum, range) => sum + (range.To - range.From));

    /// <summary>An answer says that it cost <paramref name="amount"/>, and that the running total is <paramref name="total"/> with it.</summary>
    public AccountedCharges Add(TokenAmount total, TokenAmount amount)
    {
        var added = new ChargedRange(TokenAmount.Max(TokenAmount.SubtractOrZero(total, amount), FoldedUpTo), total);
        if (added.From >= added.To)
        {
            return this;
        }

        var touching = Ranges.Where(range => range.To >= added.From && range.From <= added.To).Append(added).ToArray();
        var merged = new ChargedRange(new(touching.Min(static range => range.From.Units)), new(touching.Max(static range => range.To.Units)));
        ChargedRange[] ranges =
        [
            .. Ranges.Where(range => range.To < added.From), merged, .. Ranges.Where(range => range.From > added.To),
        ];
        return ranges.Length <= MaxRanges
            ? this with { Ranges = ranges }
            : new(Folded + (ranges[0].To - ranges[0].From), ranges[0].To, ranges[1..]);
    }
}
