using Ncn.LocalRuntime.State;
using Ncn.LocalRuntime.Storage;

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
        using var database = new Database(Path.Combine(folder, "c.db"), "CREATE TABLE seen (n INTEGER)");
        using var begun = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var first = database.WriteAsync(_ =>
        {
            begun.Set();
            gate.Wait();
            return true;
        });
        begun.Wait();
        var others = Enumerable.Range(0, 200).Select(n => database.WriteAsync(session =>
        {
            session.Execute("INSERT INTO seen VALUES ($1)", n);
            return CountFromOutside();
        })).ToList();
        gate.Set();
        await first;

        // Each ran before any of them was committed: they were committed together.
        Assert.All(await Task.WhenAll(others), committed => Assert.Equal(0, committed));
        Assert.Equal(200, CountFromOutside());

        long CountFromOutside() => database.Read(session => session.Query("SELECT COUNT(*) FROM seen", row => row.GetInt64(0)).Single());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
