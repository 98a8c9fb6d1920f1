namespace Ncn.LocalRuntime.Tests.Harness;

/// <summary>A clock that stands still until the test moves it.</summary>
internal sealed class MovedTime : TimeProvider
{
    private DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Move(TimeSpan by) => now += by;
}
