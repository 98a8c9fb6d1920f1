using Ncn.Inference.Scheduling;

namespace Ncn.Inference.Tests.Scheduling;

public sealed class RequestSlotsTests
{
    [Fact]
    public async Task Waiting_callers_get_slots_in_the_order_they_came()
    {
        var slots = new RequestSlots(1, 3);
        IDisposable running = await slots.EnterAsync(default);
        Task<IDisposable>[] waiting = [slots.EnterAsync(default), slots.EnterAsync(default), slots.EnterAsync(default)];
        foreach (Task<IDisposable> next in waiting)
        {
            Assert.False(next.IsCompleted);
            running.Dispose();
            running = await next;
        }

        running.Dispose();
        Assert.Equal(1, slots.Free);
    }

    [Fact]
    public async Task Beyond_the_waiting_room_a_caller_is_told_at_once()
    {
        var slots = new RequestSlots(1, 1);
        using IDisposable running = await slots.EnterAsync(default);
        Task<IDisposable> waiting = slots.EnterAsync(default);
        InferenceException refusal = await Assert.ThrowsAsync<InferenceException>(() => slots.EnterAsync(default));
        Assert.Equal(InferenceFault.Busy, refusal.Fault);
        Assert.Null(slots.TryEnter());
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_its_place_to_the_next()
    {
        var slots = new RequestSlots(1, 2);
        IDisposable running = await slots.EnterAsync(default);
        using var stop = new CancellationTokenSource();
        Task<IDisposable> impatient = slots.EnterAsync(stop.Token);
        Task<IDisposable> patient = slots.EnterAsync(default);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        running.Dispose();
        (await patient).Dispose();
        Assert.Equal(1, slots.Free);
    }

    [Fact]
    public async Task Giving_a_slot_back_twice_counts_once()
    {
        var slots = new RequestSlots(2, 0);
        IDisposable first = await slots.EnterAsync(default);
        using IDisposable second = await slots.EnterAsync(default);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, slots.Free);
    }

    [Fact]
    public async Task Closing_sends_the_waiting_away_and_ends_with_the_last_slot()
    {
        var slots = new RequestSlots(1, 1);
        IDisposable running = await slots.EnterAsync(default);
        Task<IDisposable> waiting = slots.EnterAsync(default);
        Task closed = slots.CloseAsync();
        Assert.Equal(InferenceFault.Stopping, (await Assert.ThrowsAsync<InferenceException>(() => waiting)).Fault);
        Assert.False(closed.IsCompleted);
        running.Dispose();
        await closed;
        await Assert.ThrowsAsync<InferenceException>(() => slots.EnterAsync(default));
    }
}
