namespace Ncn.Registry.Hosting;

/// <summary>Time as the cores want it.</summary>
internal static class Clock
{
    /// <summary>Unix milliseconds.</summary>
    internal static ulong NowMilliseconds(this TimeProvider time) => checked((ulong)time.GetUtcNow().ToUnixTimeMilliseconds());
}
