namespace Ncn.Registry.Tests;

/// <summary>A clock that only the test moves.</summary>
internal sealed class ManualTime : TimeProvider
{
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal ulong Milliseconds => (ulong)_now.ToUnixTimeMilliseconds();

    public override DateTimeOffset GetUtcNow() => _now;

    internal void Advance(ulong milliseconds) => _now += TimeSpan.FromMilliseconds(milliseconds);
}
