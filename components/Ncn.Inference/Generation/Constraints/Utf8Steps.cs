namespace Ncn.Inference.Generation.Constraints;

/// <summary>Reads well-formed UTF-8 (Unicode 16, table 3-7) byte by byte: no overlong forms, no surrogates, nothing above U+10FFFF.</summary>
internal static class Utf8Steps
{
    /// <summary>Between two characters.</summary>
    public const int Boundary = 0;

    /// <summary>States are below this.</summary>
    public const int States = 8;

    private const int OneMore = 1;
    private const int TwoMore = 2;
    private const int ThreeMore = 3;
    private const int AfterE0 = 4;
    private const int AfterEd = 5;
    private const int AfterF0 = 6;
    private const int AfterF4 = 7;

    /// <summary>The state after a byte; -1 when it cannot come.</summary>
    public static int Next(int state, byte value) => state switch
    {
        Boundary => Lead(value),
        OneMore => value is >= 0x80 and <= 0xBF ? Boundary : -1,
        TwoMore => value is >= 0x80 and <= 0xBF ? OneMore : -1,
        ThreeMore => value is >= 0x80 and <= 0xBF ? TwoMore : -1,
        AfterE0 => value is >= 0xA0 and <= 0xBF ? OneMore : -1,
        AfterEd => value is >= 0x80 and <= 0x9F ? OneMore : -1,
        AfterF0 => value is >= 0x90 and <= 0xBF ? TwoMore : -1,
        AfterF4 => value is >= 0x80 and <= 0x8F ? TwoMore : -1,
        _ => -1,
    };

    private static int Lead(byte value) => value switch
    {
        < 0x80 => Boundary,
        >= 0xC2 and <= 0xDF => OneMore,
        0xE0 => AfterE0,
        0xED => AfterEd,
        >= 0xE1 and <= 0xEF => TwoMore,
        0xF0 => AfterF0,
        >= 0xF1 and <= 0xF3 => ThreeMore,
        0xF4 => AfterF4,
        _ => -1,
    };
}
