using Ncn.Validator.Hosting;
using Ncn.Validator.Tests.Support;

namespace Ncn.Validator.Tests.Hosting;

/// <summary>When a running validator gives up coming back by itself.</summary>
public sealed class LeftBehindTests
{
    private readonly StoppedTime _time = new();

    [Fact]
    public void Only_who_gets_nowhere_for_a_minute_two_epochs_behind_the_chain_is_left()
    {
        var left = new LeftBehind(_time);
        Assert.False(After(61, () => left.Look(3, 2, 10))); // the end of its epoch may just not be known here
        Assert.False(After(61, () => left.Look(4, 2, 11))); // it moves
        Assert.False(After(59, () => left.Look(4, 2, 11)));
        Assert.True(After(2, () => left.Look(4, 2, 11)));
        Assert.False(After(61, () => left.Look(5, 3, 11))); // another epoch
    }

    private bool After(int seconds, Func<bool> look)
    {
        _time.Go(TimeSpan.FromSeconds(seconds));
        return look();
    }
}
