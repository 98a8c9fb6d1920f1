namespace Ncn.Validator.Tests.Support;

/// <summary>A clock that goes on when the test says so.</summary>
internal sealed class StoppedTime : TimeProvider
{
    private long _now;

    public override long GetTimestamp() => _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    internal void Go(TimeSpan by) => _now += by.Ticks;
}
