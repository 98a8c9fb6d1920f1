using System.Text;
using Ncn.Serving.Hosting;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Tests.Storage;

/// <summary>Objects in Azurite's blobs.</summary>
public sealed class BlobObjectStoreTests : IDisposable
{
    private readonly AzuriteBlobs _azurite = new();

    public void Dispose() => _azurite.Dispose();

    [Fact]
    public async Task Objects_are_written_found_listed_appended_replaced_and_removed()
    {
        var store = new BlobObjectStore(_azurite.ConnectionString, "ncn-subnet-1");
        Assert.Null(await store.FindAsync("files/a/1", default));
        Assert.Null(await store.OpenAsync("files/a/1", default));
        using (var content = new MemoryStream("one"u8.ToArray()))
        {
            await store.WriteAsync("files/a/1", content, new Dictionary<string, string> { ["purpose"] = "batch" }, default);
        }

        var found = await store.FindAsync("files/a/1", default);
        Assert.Equal((3L, "batch"), (found!.Length, found.Tags["purpose"]));
        Assert.Equal("one", await ReadAsync(store, "files/a/1"));

        await store.AppendAsync("staged/1", "x\n"u8.ToArray(), default);
        await store.AppendAsync("staged/1", "y\n"u8.ToArray(), default);
        Assert.Equal("x\ny\n", await ReadAsync(store, "staged/1"));

        Assert.True(await store.TryWriteAsync("webhooks/1", "a"u8.ToArray(), null, default));
        Assert.False(await store.TryWriteAsync("webhooks/1", "b"u8.ToArray(), null, default));
        var version = (await store.FindAsync("webhooks/1", default))!.Version;
        Assert.True(await store.TryWriteAsync("webhooks/1", "c"u8.ToArray(), version, default));
        Assert.False(await store.TryWriteAsync("webhooks/1", "d"u8.ToArray(), version, default));
        Assert.Equal("c", await ReadAsync(store, "webhooks/1"));

        Assert.Equal(["files/a/1"], await NamesAsync(store, "files/"));
        Assert.True(await store.DeleteAsync("files/a/1", default));
        Assert.False(await store.DeleteAsync("files/a/1", default));
        Assert.Empty(await NamesAsync(store, "files/"));
    }

    [Fact]
    public async Task Without_an_account_the_client_hears_what_is_missing()
    {
        var refused = await Assert.ThrowsAsync<ApiException>(() => new BlobObjectStore(null, "ncn-subnet-1").FindAsync("files/a/1", default));
        Assert.Equal((501, "storage_missing"), (refused.Error.Status, refused.Error.Code));
    }

    private static async Task<string> ReadAsync(BlobObjectStore store, string name)
    {
        await using var content = await store.OpenAsync(name, default);
        using var reader = new StreamReader(content!, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    private static async Task<List<string>> NamesAsync(BlobObjectStore store, string prefix)
    {
        var names = new List<string>();
        await foreach (var found in store.ListAsync(prefix, default))
        {
            names.Add(found.Name);
        }

        return names;
    }
}
