using Ncn.Protocol;
using Ncn.Serving.Payments.Batch;

namespace Ncn.Serving.Tests.Payments;

/// <summary>Waiting for a turn is bounded, for one channel and for its actor.</summary>
public sealed class TurnQueueTests
{
    private static readonly ChannelId Channel = ChannelId.Parse("0x" + new string('1', 64));

    [Fact]
    public async Task Those_beyond_the_limit_are_answered_at_once_and_the_others_when_their_turn_comes()
    {
        var queue = new TurnQueue(TimeProvider.System);
        var isOver = false;
        var waiting = Enumerable.Range(0, TurnQueue.Most).Select(_ => WaitAsync(queue, () => !Volatile.Read(ref isOver))).ToArray();

        Assert.Equal("wait", await WaitAsync(queue, static () => true).WaitAsync(TimeSpan.FromSeconds(120)));
        Assert.DoesNotContain(waiting, static each => each.IsCompleted);

        Volatile.Write(ref isOver, true);
        Assert.All(await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(120)), static answer => Assert.Equal("done", answer));
        // Nobody is left in the count.
        Assert.Equal("done", await WaitAsync(queue, static () => false));
    }

    [Fact]
    public async Task A_client_that_leaves_waits_no_longer()
    {
        using var gone = new CancellationTokenSource();
        var waiting = new TurnQueue(TimeProvider.System).WaitAsync(Channel, static () => Task.FromResult("wait"), static _ => true, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private static Task<string> WaitAsync(TurnQueue queue, Func<bool> mustWait) =>
        queue.WaitAsync(Channel, () => Task.FromResult(mustWait() ? "wait" : "done"), static answer => answer == "wait", default);
}
