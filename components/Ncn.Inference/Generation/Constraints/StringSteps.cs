namespace Ncn.Inference.Generation.Constraints;

/// <summary>Reads a string value. A frame's count is its characters (code points) so far.</summary>
internal static class StringSteps
{
    private const byte Content = 1;

    // Within a character: states of Utf8Steps below 8, then the escapes.
    private const int Escape = 8;
    private const int Hex4 = 9; // four hexadecimal digits are left
    private const int Hex2 = 10; // after a first digit that is no d
    private const int Hex1 = 11;
    private const int Hex3 = 12;
    private const int AfterD = 13; // the first digit was d: a surrogate, unless the second is below 8
    private const int High2 = 14; // the rest of a high surrogate
    private const int High1 = 15;
    private const int LowBackslash = 16; // a low surrogate has to follow
    private const int LowU = 17;
    private const int LowD = 18;
    private const int LowC = 19;

    public static FrameStep Text(Frame top, SchemaNode.Text text, byte value)
    {
        if (top.Phase != Content)
        {
            return value == '"' ? FrameStep.To(top with { Phase = Content }) : FrameStep.None;
        }

        if (top.Detail == Utf8Steps.Boundary)
        {
            return Boundary(top, text, value);
        }

        int state = Within((int)top.Detail, value);
        return state < 0 ? FrameStep.None : FrameStep.To(top with { Detail = state });
    }

    public static FrameStep Pattern(Frame top, ByteTable spellings, byte value)
    {
        if (top.Phase != Content)
        {
            return value == '"' ? FrameStep.To(top with { Phase = Content }) : FrameStep.None;
        }

        if (value == '"' && spellings.Accepts[(int)top.Detail])
        {
            return FrameStep.End;
        }

        int state = spellings.Next[(int)top.Detail][value];
        return state < 0 ? FrameStep.None : FrameStep.To(top with { Detail = state });
    }

    /// <summary>A string with no bound below or a met one is in one state, however long it grows.</summary>
    private static FrameStep Boundary(Frame top, SchemaNode.Text text, byte value)
    {
        if (value == '"')
        {
            return top.Count >= text.Least ? FrameStep.End : FrameStep.None;
        }

        int state = value == '\\' ? Escape : value < 0x20 ? -1 : Utf8Steps.Next(Utf8Steps.Boundary, value);
        int counted = text.Most == int.MaxValue ? text.Least : text.Most;
        return state < 0 || top.Count >= text.Most
            ? FrameStep.None
            : FrameStep.To(top with { Count = Math.Min(top.Count + 1, counted), Detail = state });
    }

    private static int Within(int state, byte value) => state switch
    {
        Escape => value == 'u' ? Hex4 : "\"\\/bfnrt"u8.Contains(value) ? Utf8Steps.Boundary : -1,
        Hex4 => value is (byte)'d' or (byte)'D' ? AfterD : Hex(value, Hex3),
        AfterD => value is >= (byte)'0' and <= (byte)'7' ? Hex2 : value is (byte)'8' or (byte)'9' or (byte)'a' or (byte)'A' or (byte)'b' or (byte)'B' ? High2 : -1,
        Hex3 => Hex(value, Hex2),
        Hex2 => Hex(value, Hex1),
        Hex1 => Hex(value, Utf8Steps.Boundary),
        High2 => Hex(value, High1),
        High1 => Hex(value, LowBackslash),
        LowBackslash => value == '\\' ? LowU : -1,
        LowU => value == 'u' ? LowD : -1,
        LowD => value is (byte)'d' or (byte)'D' ? LowC : -1,
        LowC => value is (>= (byte)'c' and <= (byte)'f') or (>= (byte)'C' and <= (byte)'F') ? Hex2 : -1,
        _ => Utf8Steps.Next(state, value),
    };

    private static int Hex(byte value, int next) => char.IsAsciiHexDigit((char)value) ? next : -1;
}
