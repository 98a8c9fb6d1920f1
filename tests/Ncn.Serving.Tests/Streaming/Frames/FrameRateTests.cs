using Ncn.Serving.Streaming.Frames;

namespace Ncn.Serving.Tests.Streaming.Frames;

public sealed class FrameRateTests
{
    [Fact]
    public void Four_seconds_worth_may_come_at_once_and_then_the_rate_holds()
    {
        FrameRate? rate = FrameRate.Full(10, now: 1_000);
        for (var frame = 0; frame < 40; frame++)
        {
            rate = rate!.Value.Take(10, 1_000);
            Assert.NotNull(rate);
        }

        Assert.Null(rate!.Value.Take(10, 1_050));
        Assert.NotNull(rate.Value.Take(10, 1_100));
        Assert.NotNull(rate.Value.Take(10, 900_000));
    }
}
