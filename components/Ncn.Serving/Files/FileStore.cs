using Microsoft.Extensions.Options;
using Ncn.Serving.Hosting;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Files;

/// <summary>Clients' files: kept for a stated time, each account's bounded in number and size.</summary>
public sealed class FileStore(IObjectStore store, IOptions<FilesOptions> options, TimeProvider time)
{
    private readonly FilesOptions _options = options.Value;

    /// <summary>Keeps a file. Throws 413 or 429 when the account's share is used up.</summary>
    /// <param name="lifetime">How long; null for as long as the gateway keeps files.</param>
    public async Task<StoredFile> AddAsync(
        string account, string name, string purpose, Stream content, long length, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (length > _options.MaxBytes)
        {
            throw new ApiException(new ApiError(413, "file_too_large", $"The file has {length} bytes; send at most {_options.MaxBytes}.", "file"));
        }

        await RequireRoomAsync(account, length, cancellationToken);
        var now = time.GetUtcNow();
        var kept = TimeSpan.FromHours(_options.KeptHours);
        var file = new StoredFile(
            StoredFile.NewId(now), length, now.ToUnixTimeSeconds(), (now + (lifetime < kept ? lifetime.Value : kept)).ToUnixTimeSeconds(),
            StoredFile.CleanName(name), purpose);
        await store.WriteAsync(StoredFile.NameOf(account, file.Id), content, file.ToTags(), cancellationToken);
        return file;
    }

    /// <summary>Writes a file under an id that was chosen before; a repeat writes it again.</summary>
    public async Task WriteAsync(string account, StoredFile file, Stream content, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        await store.WriteAsync(StoredFile.NameOf(account, file.Id), content, file.ToTags(), cancellationToken);
    }

    /// <summary>A file of this account; throws 404 when there is none, or it has expired.</summary>
    public async Task<StoredFile> FindAsync(string account, string id, CancellationToken cancellationToken)
    {
        var found = StoredFile.IsId(id) ? await store.FindAsync(StoredFile.NameOf(account, id), cancellationToken) : null;
        return found is not null && StoredFile.Of(found) is var file && file.ExpiresAt > time.GetUtcNow().ToUnixTimeSeconds()
            ? file
            : throw new ApiException(new ApiError(404, "file_not_found", $"There is no file {id} of this account; it may have expired.", "id"));
    }

    /// <summary>A file's content.</summary>
    public async Task<Stream> OpenAsync(string account, StoredFile file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        return await store.OpenAsync(StoredFile.NameOf(account, file.Id), cancellationToken)
            ?? throw new ApiException(new ApiError(404, "file_not_found", $"The file {file.Id} was deleted.", "id"));
    }

    /// <summary>All files of an account, the newest first.</summary>
    public async Task<IReadOnlyList<StoredFile>> ListAsync(string account, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var all = new List<StoredFile>();
        await foreach (var found in store.ListAsync(StoredFile.NameOf(account, string.Empty), cancellationToken))
        {
            if (StoredFile.Of(found) is var file && file.ExpiresAt > now)
            {
                all.Add(file);
            }
        }

        return all;
    }

    /// <summary>Removes a file.</summary>
    public Task DeleteAsync(string account, StoredFile file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        return store.DeleteAsync(StoredFile.NameOf(account, file.Id), cancellationToken);
    }

    /// <summary>Removes what has expired: everything under these prefixes whose time, stated beside it, is over.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        foreach (var prefix in (string[])["files/", "responses/", "batches/", "webhooks-dead/"])
        {
            await foreach (var found in store.ListAsync(prefix, cancellationToken))
            {
                if (found.Tags.TryGetValue("expires", out var text) && long.TryParse(text, out var expires) && expires <= now)
                {
                    await store.DeleteAsync(found.Name, cancellationToken);
                }
            }
        }
    }

    private async Task RequireRoomAsync(string account, long length, CancellationToken cancellationToken)
    {
        var (count, bytes) = (0, length);
        await foreach (var found in store.ListAsync(StoredFile.NameOf(account, string.Empty), cancellationToken))
        {
            (count, bytes) = (count + 1, bytes + found.Length);
        }

        if (count >= _options.MaxFiles || bytes > _options.MaxAccountBytes)
        {
            throw new ApiException(new ApiError(
                429, "storage_full", $"The account has {count} files; at most {_options.MaxFiles} files and {_options.MaxAccountBytes} bytes are kept. Delete some first."));
        }
    }
}
