namespace Ncn.Serving.Storage;

/// <summary>Objects under names, as blob storage keeps them. A name's parts are separated by slashes.</summary>
public interface IObjectStore
{
    /// <summary>Writes an object, whatever was there.</summary>
    Task WriteAsync(string name, Stream content, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken);

    /// <summary>Writes an object only if nobody changed it: <paramref name="version"/> is the one read, null for a name that is to be new. False when somebody did.</summary>
    Task<bool> TryWriteAsync(string name, ReadOnlyMemory<byte> content, string? version, CancellationToken cancellationToken);

    /// <summary>Adds to the end of an object, which is made when it is not there. At most 4 MiB at once.</summary>
    Task AppendAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>What is known of an object; null when there is none.</summary>
    Task<ObjectInfo?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>An object's content from its beginning; null when there is none.</summary>
    Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>A part of an object, of exactly this length; null when there is no such object or it is shorter.</summary>
    Task<byte[]?> ReadAsync(string name, long offset, int length, CancellationToken cancellationToken);

    /// <summary>All objects whose names begin so, by name.</summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Removes an object; false when there was none.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellationToken);
}

/// <param name="Length">Bytes.</param>
/// <param name="Version">Changes with every write.</param>
/// <param name="Tags">What was written beside the content.</param>
public sealed record ObjectInfo(string Name, long Length, string Version, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Tags);
