using System.Diagnostics;
using Ncn.LocalRuntime.State;

namespace Ncn.LocalRuntime.Tests.State;

public sealed class StateStoreTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    [Theory]
    [InlineData(null, false, null, true)]
    [InlineData(null, false, "1", true)]
    [InlineData(null, true, null, true)]
    [InlineData(null, true, "1", false)]
    [InlineData("1", true, "1", true)]
    [InlineData("1", false, "2", false)]
    [InlineData("1", false, null, false)]
    public void Preconditions(string? etag, bool firstWrite, string? current, bool allowed) =>
        Assert.Equal(allowed, StateRules.Allows(new Upsert("k", [], etag, firstWrite), current));

    [Fact]
    public async Task A_failed_precondition_undoes_its_own_transaction_and_no_other()
    {
        using var store = new StateStore(Path.Combine(folder, "a.db"), TimeProvider.System);
        var failing = store.TransactAsync([new Upsert("x", [1]), new Upsert("y", [1], "no such tag")]);
        var others = Enumerable.Range(0, 50).Select(i => store.TransactAsync([new Upsert($"k{i}", [2])])).ToList();
        await Assert.ThrowsAsync<ETagMismatchException>(() => failing);
        await Task.WhenAll(others);
        Assert.Null(store.Get("x"));
        Assert.All(Enumerable.Range(0, 50), i => Assert.NotNull(store.Get($"k{i}")));
    }

    [Fact]
    public async Task An_etag_of_a_deleted_key_matches_nothing_that_comes_after()
    {
        using var store = new StateStore(Path.Combine(folder, "b.db"), TimeProvider.System);
        await store.TransactAsync([new Upsert("k", [1])]);
        var old = store.Get("k")!.ETag;
        await store.TransactAsync([new Delete("k"), new Upsert("k", [1])]);
        await Assert.ThrowsAsync<ETagMismatchException>(() => store.TransactAsync([new Upsert("k", [2], old)]));
    }

    [Fact]
    public async Task Writers_at_the_same_time_share_a_flush()
    {
        using var store = new StateStore(Path.Combine(folder, "c.db"), TimeProvider.System);
        await store.TransactAsync([new Upsert("warm", [1])]);
        var one = await TimeAsync(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                await store.TransactAsync([new Upsert($"s{i}", [1])]);
            }
        });
        var many = await TimeAsync(() => Task.WhenAll(Enumerable.Range(0, 200).Select(i => store.TransactAsync([new Upsert($"p{i}", [1])]))));
        Assert.True(many < one, $"200 writes one by one took {one}, together {many}");
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task<TimeSpan> TimeAsync(Func<Task> work)
    {
        var begun = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(begun);
    }
}
