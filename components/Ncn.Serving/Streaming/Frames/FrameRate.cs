namespace Ncn.Serving.Streaming.Frames;

/// <summary>How many frames a socket may still send. Pure: the caller says what time it is.</summary>
/// <param name="Tokens">Frames that may come now; each second adds as many as the rate says, up to four seconds' worth.</param>
/// <param name="At">Unix milliseconds of the last frame.</param>
internal readonly record struct FrameRate(double Tokens, long At)
{
    private const int BurstSeconds = 4;

    public static FrameRate Full(int perSecond, long now) => new(perSecond * BurstSeconds, now);

    /// <summary>The state after one more frame; null when that is one too many.</summary>
    public FrameRate? Take(int perSecond, long now)
    {
        var tokens = Math.Min((double)perSecond * BurstSeconds, Tokens + (Math.Max(0, now - At) * perSecond / 1000.0));
        return tokens < 1 ? null : new FrameRate(tokens - 1, Math.Max(now, At));
    }
}
