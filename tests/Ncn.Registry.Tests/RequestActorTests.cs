using Ncn.Actors;

namespace Ncn.Registry.Tests;

public class RequestActorTests
{
    private static readonly StoredAnswer Answer = new(200, """{"x":1}""", new() { ["x-ncn-cost"] = "3" }, Samples.Amount(3));

    [Fact]
    public async Task The_first_answer_counts_and_is_given_again_even_over_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var request = registry.Request(Samples.Request(1));

        var begun = await request.BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null));
        Assert.Equal(BeginOutcome.Started, begun.Outcome);
        Assert.Equal(BeginOutcome.InProgress, (await request.BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null))).Outcome);
        Assert.Equal(BeginOutcome.Conflict, (await request.BeginAsync(new BeginCall(Samples.Hash(8), 1_000, null))).Outcome);
        Assert.True(await request.CompleteAsync(Answer));
        Assert.False(await request.CompleteAsync(Answer with { StatusCode = 500 }));
        Assert.False(await request.AbandonAsync(begun.BegunAt));
        await registry.CrashAsync();

        var again = await request.BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null));
        Assert.Equal((BeginOutcome.Completed, 200, Answer.Body, Answer.Charged), (again.Outcome, again.Answer!.StatusCode, again.Answer.Body, again.Answer.Charged));
        Assert.Equal("3", again.Answer.Headers["x-ncn-cost"]);
    }

    [Fact]
    public async Task A_run_whose_lease_has_passed_can_be_taken_over()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var request = registry.Request(Samples.Request(1));
        await request.BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null));

        registry.Time.Advance(1_000);

        Assert.Equal(BeginOutcome.Started, (await request.BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null))).Outcome);
    }

    [Fact]
    public async Task An_abandoned_run_leaves_nothing()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var request = registry.Request(Samples.Request(1));
        var begun = await request.BeginAsync(new BeginCall(Samples.Hash(9), 1_000, Samples.Queued(registry.Time.Milliseconds)));

        Assert.False(await request.AbandonAsync(begun.BegunAt - 1));
        Assert.True(await request.AbandonAsync(begun.BegunAt));

        Assert.Null(await request.GetAsync());
        Assert.Empty(registry.Sidecar.State);
    }

    [Fact]
    public async Task A_queued_request_keeps_its_input_until_a_day_after_its_answer()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var request = registry.Request(Samples.Request(1));
        await request.BeginAsync(new BeginCall(Samples.Hash(9), 600_000, Samples.Queued(registry.Time.Milliseconds)));
        Assert.Equal([1, 2, 3], (await request.GetAsync())!.Queued!.Input);
        await request.CompleteAsync(Answer);
        Assert.Equal(600_000 + IRequestActor.RetentionMilliseconds, Assert.Single(registry.Sidecar.Reminders).Value);

        registry.Time.Advance(IRequestActor.RetentionMilliseconds);
        Assert.Null(await request.GetAsync());
        await registry.Sidecar.FireAsync(ActorTypes.Request, Samples.Request(1).ToString(), "forget");

        Assert.Empty(registry.Sidecar.State);
    }

    [Fact]
    public async Task A_begin_that_could_not_be_saved_can_be_repeated()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var request = registry.Request(Samples.Request(1));
        registry.Sidecar.RefusesCommits = true;
        await Assert.ThrowsAsync<Dapr.Actors.ActorMethodInvocationException>(() => request.BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null)));
        registry.Sidecar.RefusesCommits = false;

        Assert.Equal(BeginOutcome.Started, (await request.BeginAsync(new BeginCall(Samples.Hash(9), 1_000, null))).Outcome);
    }
}
