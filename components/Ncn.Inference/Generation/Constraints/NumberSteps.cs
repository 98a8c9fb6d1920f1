namespace Ncn.Inference.Generation.Constraints;

/// <summary>Reads a number. A frame's count is the digits before the point plus 256 times those after it; its detail their value.</summary>
internal static class NumberSteps
{
    private const byte Minus = 1;
    private const byte Zero = 2;
    private const byte Whole = 3;
    private const byte Point = 4;
    private const byte Fraction = 5;
    private const byte Exponent = 6;
    private const byte ExponentSign = 7;
    private const byte ExponentDigit = 8;
    private const byte ExponentEnd = 9;

    /// <summary>Added to the phase of a number with a minus.</summary>
    private const byte Negative = 16;

    private const int FractionDigit = 256;

    public static FrameStep Next(Frame top, NumberRange range, byte value)
    {
        byte phase = (byte)(top.Phase % Negative);
        bool negative = top.Phase >= Negative;
        return (char)value switch
        {
            '-' when phase == 0 && range.TakesNegative => FrameStep.To(top with { Phase = Minus + Negative }),
            '.' when phase is Zero or Whole && !range.IsInteger && top.Count < range.Digits && Reaches(top with { Phase = Point }, negative, range) =>
                FrameStep.To(Phased(top, Point, negative)),
            'e' or 'E' when phase is Zero or Whole or Fraction && !range.IsInteger && !range.IsBounded => FrameStep.To(Phased(top, Exponent, negative)),
            '+' or '-' when phase == Exponent => FrameStep.To(Phased(top, ExponentSign, negative)),
            >= '0' and <= '9' => Digit(top, phase, negative, range, value - '0'),
            _ => FrameStep.None,
        };
    }

    public static bool MayEnd(Frame top, NumberRange range)
    {
        byte phase = (byte)(top.Phase % Negative);
        return phase is ExponentDigit or ExponentEnd
            || (phase is Zero or Whole or Fraction
                && (!range.IsBounded || range.Holds(top.Phase >= Negative, top.Detail, top.Count / FractionDigit)));
    }

    /// <summary>False when no number lies in the range.</summary>
    public static bool AnyIn(NumberRange range)
    {
        for (byte digit = (byte)'0'; digit <= '9'; digit++)
        {
            Frame minus = new(0, Minus + Negative, 0, 0);
            if (Next(default, range, digit).Frame is not null || (range.TakesNegative && Next(minus, range, digit).Frame is not null))
            {
                return true;
            }
        }

        return false;
    }

    private static FrameStep Digit(Frame top, byte phase, bool negative, NumberRange range, int digit)
    {
        byte next = phase switch
        {
            0 or Minus => digit == 0 ? Zero : Whole,
            Whole => Whole,
            Point or Fraction => Fraction,
            Exponent or ExponentSign => ExponentDigit,
            ExponentDigit => ExponentEnd,
            _ => 0,
        };
        if (next is 0)
        {
            return FrameStep.None;
        }

        Frame after = Phased(top, next, negative);
        if (next is ExponentDigit or ExponentEnd)
        {
            return FrameStep.To(after);
        }

        if ((top.Count % FractionDigit) + (top.Count / FractionDigit) == range.Digits)
        {
            return FrameStep.None;
        }

        // The digits' value matters only where there are bounds; without them it would make states that never come back.
        after = after with { Count = top.Count + (next == Fraction ? FractionDigit : 1), Detail = range.IsBounded ? (top.Detail * 10) + digit : 0 };
        return Reaches(after, negative, range) ? FrameStep.To(after) : FrameStep.None;
    }

    private static Frame Phased(Frame top, byte phase, bool negative) => top with { Phase = (byte)(phase + (negative ? Negative : 0)) };

    private static bool Reaches(Frame frame, bool negative, NumberRange range) => !range.IsBounded || range.Reaches(
        negative, frame.Detail, frame.Count % FractionDigit, frame.Count / FractionDigit, closed: frame.Phase % Negative != Whole);
}
