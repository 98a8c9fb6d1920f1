using Ncn.Actors;

namespace Ncn.Registry.Tests;

/// <summary>Free requests are counted durably: a restart gives nobody more of them.</summary>
public sealed class GuestActorTests
{
    [Fact]
    public async Task What_was_taken_and_given_back_survives_a_crash()
    {
        await using var registry = await RegistryFixture.StartAsync();
        var call = new FreeRequestCall(Samples.Hash(7), 2);
        Assert.True((await registry.Guest(call.Guest).TakeAsync(call)).IsFree);
        Assert.True((await registry.Guest(call.Guest).TakeAsync(call)).IsFree);
        await registry.CrashAsync();
        Assert.False((await registry.Guest(call.Guest).TakeAsync(call)).IsFree);
        await registry.Guest(call.Guest).ReturnAsync(call.Guest);
        await registry.CrashAsync();
        Assert.Equal((true, 0), ((await registry.Guest(call.Guest).TakeAsync(call)) is { IsFree: true, Remaining: var left } ? (true, left) : default));
    }
}
