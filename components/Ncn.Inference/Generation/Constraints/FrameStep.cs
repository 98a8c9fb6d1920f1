namespace Ncn.Inference.Generation.Constraints;

/// <summary>Where a byte leads within one value.</summary>
/// <param name="Frame">The value goes on.</param>
/// <param name="IsEnd">The byte was the value's last.</param>
internal readonly record struct FrameStep(Frame? Frame, bool IsEnd)
{
    /// <summary>The byte cannot come here.</summary>
    public static FrameStep None => default;

    public static FrameStep End => new(null, true);

    public static FrameStep To(Frame frame) => new(frame, false);
}

/// <summary>Places within an array or object.</summary>
internal static class ContainerPhase
{
    public const byte Start = 0;
    public const byte Open = 1;
    public const byte BeforeValue = 2;
    public const byte AfterValue = 3;
    public const byte BeforeName = 4;
    public const byte Name = 5;
    public const byte Colon = 6;

    /// <summary>As <see cref="Colon"/>, after a name that the schema does not have.</summary>
    public const byte OtherColon = 7;

    /// <summary>As <see cref="BeforeValue"/>, after such a name.</summary>
    public const byte BeforeOther = 8;

    /// <summary>White space between tokens; a frame's detail counts it.</summary>
    public static bool TrySpace(Frame top, byte value, out Frame spaced)
    {
        spaced = top with { Detail = top.Detail + 1 };
        return value is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' && top.Detail < JsonAutomaton.MaxSpace;
    }
}
