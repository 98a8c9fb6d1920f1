using System.Runtime.CompilerServices;
using Azure;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Storage;

/// <summary>Objects as blobs of one container, which is made when it is first used.</summary>
/// <param name="account">The setting <c>Ncn:Blobs</c>: a connection string, or the account's https URL, reached with the app's managed identity; null when there is none.</param>
/// <param name="container">The container's name.</param>
public sealed class BlobObjectStore(string? account, string container) : IObjectStore
{
    private const int NotFound = 404;
    private const int OutOfRange = 416;
    private readonly Lock _making = new();
    private Task<BlobContainerClient>? _container;

    public async Task WriteAsync(string name, Stream content, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var blob = (await ContainerAsync()).GetBlobClient(name);
        await blob.UploadAsync(content, new BlobUploadOptions { Metadata = tags.ToDictionary() }, cancellationToken);
    }

    public async Task<bool> TryWriteAsync(string name, ReadOnlyMemory<byte> content, string? version, CancellationToken cancellationToken)
    {
        var conditions = version is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = new ETag(version) };
        try
        {
            var blob = (await ContainerAsync()).GetBlobClient(name);
            await blob.UploadAsync(BinaryData.FromBytes(content), new BlobUploadOptions { Conditions = conditions }, cancellationToken);
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 409 or 412 || (lost.Status == NotFound && version is not null))
        {
            return false;
        }
    }

    public async Task AppendAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var blob = (await ContainerAsync()).GetAppendBlobClient(name);
        using var block = new MemoryStream(content.ToArray(), writable: false);
        try
        {
            await blob.AppendBlockAsync(block, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException missing) when (missing.Status == NotFound)
        {
            await blob.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            block.Position = 0;
            await blob.AppendBlockAsync(block, cancellationToken: cancellationToken);
        }
    }

    public async Task<ObjectInfo?> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var found = (await (await ContainerAsync()).GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            return new ObjectInfo(name, found.ContentLength, found.ETag.ToString(), found.CreatedOn, found.Metadata.AsReadOnly());
        }
        catch (RequestFailedException missing) when (missing.Status == NotFound)
        {
            return null;
        }
    }

    public async Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await (await ContainerAsync()).GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value.Content;
        }
        catch (RequestFailedException missing) when (missing.Status == NotFound)
        {
            return null;
        }
    }

    public async Task<byte[]?> ReadAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        try
        {
            var range = new BlobDownloadOptions { Range = new Azure.HttpRange(offset, length) };
            var part = (await (await ContainerAsync()).GetBlobClient(name).DownloadContentAsync(range, cancellationToken)).Value.Content.ToArray();
            return part.Length == length ? part : null;
        }
        catch (RequestFailedException missing) when (missing.Status is NotFound or OutOfRange)
        {
            return null;
        }
    }

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var all = (await ContainerAsync()).GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, prefix, cancellationToken);
        await foreach (var blob in all)
        {
            yield return new ObjectInfo(
                blob.Name, blob.Properties.ContentLength ?? 0, blob.Properties.ETag?.ToString() ?? string.Empty,
                blob.Properties.CreatedOn ?? default, blob.Metadata.AsReadOnly());
        }
    }

    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        (await (await ContainerAsync()).GetBlobClient(name).DeleteIfExistsAsync(cancellationToken: cancellationToken)).Value;

    private Task<BlobContainerClient> ContainerAsync()
    {
        lock (_making)
        {
            // A container that could not be made is tried again by the next who wants it.
            return _container is { IsFaulted: false, IsCanceled: false } ? _container : _container = MakeAsync();
        }
    }

    private async Task<BlobContainerClient> MakeAsync()
    {
        if (account is null)
        {
            throw new ApiException(new ApiError(
                501, "storage_missing", "This gateway has no storage, so it keeps no files, batches or responses; its operator sets Ncn:Blobs."));
        }

        var made = account.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            ? new BlobContainerClient(new Uri($"{account.TrimEnd('/')}/{container}"), new DefaultAzureCredential())
            : new BlobContainerClient(account, container);
        await made.CreateIfNotExistsAsync();
        return made;
    }
}
