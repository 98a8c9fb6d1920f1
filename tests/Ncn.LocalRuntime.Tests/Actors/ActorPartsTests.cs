using System.Text;
using System.Text.Json;
using Ncn.LocalRuntime.Actors;

namespace Ncn.LocalRuntime.Tests.Actors;

public sealed class ActorPartsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_host_that_leaves_moves_only_its_own_actors()
    {
        string[] three = ["a:1", "b:1", "c:1"];
        string[] two = ["a:1", "c:1"];
        var ids = Enumerable.Range(0, 3000).Select(i => $"{i}").ToList();
        var counts = ids.GroupBy(id => Placement.Choose(three, "T", id)).ToDictionary(group => group.Key, group => group.Count());
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150));
        Assert.All(ids.Where(id => Placement.Choose(three, "T", id) != 1), id => Assert.Equal(three[Placement.Choose(three, "T", id)], two[Placement.Choose(two, "T", id)]));
    }

    [Fact]
    public async Task Turns_are_taken_one_at_a_time_in_order()
    {
        var turns = new TurnQueue();
        Assert.True(await turns.EnterAsync(null, 1, CancellationToken.None));
        var second = turns.EnterAsync(null, 1, CancellationToken.None);
        var third = turns.EnterAsync(null, 1, CancellationToken.None);
        Assert.False(second.IsCompleted);
        turns.Exit();
        Assert.True(await second);
        Assert.False(third.IsCompleted);
        turns.Exit();
        Assert.True(await third);
        turns.Exit();
        Assert.True(turns.IsIdle);
    }

    [Fact]
    public async Task One_who_gives_up_waiting_is_passed_over()
    {
        var turns = new TurnQueue();
        await turns.EnterAsync(null, 1, CancellationToken.None);
        using var impatience = new CancellationTokenSource();
        var second = turns.EnterAsync(null, 1, impatience.Token);
        var third = turns.EnterAsync(null, 1, CancellationToken.None);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        turns.Exit();
        Assert.True(await third);
    }

    [Fact]
    public async Task A_reentrant_call_enters_the_running_turn_up_to_the_depth()
    {
        var turns = new TurnQueue();
        Assert.True(await turns.EnterAsync("x", 2, CancellationToken.None));
        Assert.True(await turns.EnterAsync("x", 2, CancellationToken.None));
        Assert.False(await turns.EnterAsync("x", 2, CancellationToken.None));
        turns.Exit();
        Assert.False(turns.IsIdle);
        turns.Exit();
        Assert.True(turns.IsIdle);
    }

    [Theory]
    [InlineData("""{"dueTime":"0h0m5s0ms","period":""}""", 5, 1)]
    [InlineData("""{"dueTime":"","period":"R3/PT1S"}""", 0, 3)]
    [InlineData("""{"dueTime":"2026-01-01T00:00:09Z","period":"0h0m0s0ms"}""", 9, 1)]
    [InlineData("""{"dueTime":"1s","period":"1s","ttl":"3500ms"}""", 1, 3)]
    public void A_schedule_fires_when_and_as_often_as_it_says(string json, int firstSecond, int firings)
    {
        var schedule = ActorSchedule.Parse(JsonSerializer.Deserialize<JsonElement>(json), Now);
        Assert.Equal(Now.AddSeconds(firstSecond), schedule.Due);
        var fired = 0;
        for (ActorSchedule? next = schedule; next is not null; next = next.AfterFiring(next.Due))
        {
            fired++;
        }

        Assert.Equal(firings, fired);
    }

    [Theory]
    [InlineData("""{"dueTime":"soon"}""")]
    [InlineData("""{"period":"R0/PT1S"}""")]
    [InlineData("[]")]
    public void A_wrong_schedule_is_refused(string json) =>
        Assert.Throws<FormatException>(() => ActorSchedule.Parse(JsonSerializer.Deserialize<JsonElement>(json), Now));

    [Fact]
    public void Actor_types_come_with_their_own_settings()
    {
        var types = ActorTypes.Parse(Encoding.UTF8.GetBytes(
            """{"entities":["A","B"],"actorIdleTimeout":"1h0m0s0ms","reentrancy":{"enabled":true,"maxStackDepth":7},"entitiesConfig":[{"entities":["B"],"actorIdleTimeout":"0h0m5s0ms","reentrancy":{"enabled":false}}]}"""));
        Assert.Equal(new ActorSettings(TimeSpan.FromHours(1), true, 7), types.SettingsOf("A"));
        Assert.Equal(new ActorSettings(TimeSpan.FromSeconds(5), false, 7), types.SettingsOf("B"));
        Assert.False(types.Hosts("C"));
    }
}
