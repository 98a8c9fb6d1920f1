namespace Ncn.Inference.Generation.Constraints;

/// <summary>
/// Numbers between two bounds, judged digit by digit: which prefixes can still become a number of the range. Integers have at most
/// 18 digits; other numbers at most 15, so that different spellings are different doubles and no rounding steps over a bound.
/// </summary>
/// <remarks>Values are integers in units of 10^-<see cref="Places"/>.</remarks>
internal sealed record NumberRange
{
    private const int IntegerDigits = 18;
    private const int DecimalDigits = 15;

    private readonly Int128 _least;
    private readonly Int128 _most;

    private NumberRange(bool integer, Int128? least, Int128? most)
    {
        IsInteger = integer;
        IsBounded = least is not null || most is not null;
        _least = least ?? -Limit(integer);
        _most = most ?? Limit(integer);
    }

    public bool IsInteger { get; }

    /// <summary>False: every number, with exponents if it is no integer.</summary>
    public bool IsBounded { get; }

    /// <summary>Digits that a number may have at most, before and after the point together.</summary>
    public int Digits => IsInteger ? IntegerDigits : DecimalDigits;

    public bool TakesNegative => _least < 0;

    private int Places => IsInteger ? 0 : DecimalDigits;

    /// <param name="least">Lower bound; null for none.</param>
    /// <param name="aboveLeast">The lower bound itself is left out.</param>
    /// <param name="most">Upper bound; null for none.</param>
    /// <param name="belowMost">The upper bound itself is left out.</param>
    public static NumberRange Of(bool integer, decimal? least, bool aboveLeast, decimal? most, bool belowMost) =>
        new(integer, Bound(integer, least, aboveLeast, up: true), Bound(integer, most, belowMost, up: false));

    /// <summary>Whether a number may end here.</summary>
    public bool Holds(bool negative, long digits, int fraction) => Meets(negative, At(digits, fraction), At(digits, fraction), 1);

    /// <summary>Whether some number of the range begins with these digits.</summary>
    /// <param name="digits">The digits so far, the point left out.</param>
    /// <param name="whole">How many of them stand before the point.</param>
    /// <param name="fraction">How many stand after it.</param>
    /// <param name="closed">No more digits may come before the point: it was written, or the number begins with 0.</param>
    public bool Reaches(bool negative, long digits, int whole, int fraction, bool closed)
    {
        for (int more = 0; more <= (closed ? 0 : Digits - whole); more++)
        {
            Int128 step = IsInteger ? 1 : Power(DecimalDigits - (Digits - whole - more));
            Int128 width = Power(Places - fraction + more);
            Int128 first = digits * width;
            if (Meets(negative, first, first + width - step, step))
            {
                return true;
            }
        }

        return false;
    }

    private static Int128 Limit(bool integer) => integer ? Power(IntegerDigits) - 1 : Power(2 * DecimalDigits) - 1;

    private static Int128? Bound(bool integer, decimal? bound, bool open, bool up)
    {
        if (bound is not { } value)
        {
            return null;
        }

        decimal whole = decimal.Floor(value);
        if (Math.Abs(whole) >= 1_000_000_000_000_000_000m)
        {
            return value > 0 ? Limit(false) + 1 : -Limit(false) - 1;
        }

        // The fraction has at most 28 places, of which the 15 first count.
        Int128 unit = integer ? 1 : Power(DecimalDigits);
        decimal places = (value - whole) * (integer ? 1 : 1_000_000_000_000_000m);
        Int128 floor = ((Int128)whole * unit) + (Int128)decimal.Floor(places);
        bool exact = decimal.Floor(places) == places;
        return up ? (exact && !open ? floor : floor + 1) : (exact && open ? floor - 1 : floor);
    }

    private bool Meets(bool negative, Int128 first, Int128 last, Int128 step)
    {
        Int128 least = Int128.Max(negative ? -_most : _least, first);
        Int128 most = Int128.Min(negative ? -_least : _most, last);
        Int128 onGrid = (Int128.Max(least, 0) + step - 1) / step * step;
        return onGrid <= most;
    }

    private Int128 At(long digits, int fraction) => digits * Power(Places - fraction);

    private static Int128 Power(int exponent)
    {
        Int128 power = 1;
        for (int i = 0; i < exponent; i++)
        {
            power *= 10;
        }

        return power;
    }
}
