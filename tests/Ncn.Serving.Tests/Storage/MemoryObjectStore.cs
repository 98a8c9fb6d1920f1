using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Ncn.Serving.Storage;

namespace Ncn.Serving.Tests.Storage;

/// <summary>Blob storage in memory.</summary>
internal sealed class MemoryObjectStore(TimeProvider time) : IObjectStore
{
    private readonly ConcurrentDictionary<string, (byte[] Content, ObjectInfo Info)> _objects = new(StringComparer.Ordinal);
    private int _version;

    public Task WriteAsync(string name, Stream content, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        content.CopyTo(whole);
        _objects[name] = Entry(name, whole.ToArray(), tags);
        return Task.CompletedTask;
    }

    public Task<bool> TryWriteAsync(string name, ReadOnlyMemory<byte> content, string? version, CancellationToken cancellationToken)
    {
        var known = _objects.TryGetValue(name, out var old) ? old.Info.Version : null;
        if (known == version)
        {
            _objects[name] = Entry(name, content.ToArray(), new Dictionary<string, string>());
        }

        return Task.FromResult(known == version);
    }

    public Task AppendAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var old = _objects.TryGetValue(name, out var found) ? found.Content : [];
        _objects[name] = Entry(name, [.. old, .. content.Span], new Dictionary<string, string>());
        return Task.CompletedTask;
    }

    public Task<ObjectInfo?> FindAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult(_objects.TryGetValue(name, out var found) ? found.Info : null);

    public Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(_objects.TryGetValue(name, out var found) ? new MemoryStream(found.Content) : null);

    public Task<byte[]?> ReadAsync(string name, long offset, int length, CancellationToken cancellationToken) => Task.FromResult(
        _objects.TryGetValue(name, out var found) && found.Content.Length >= offset + length ? found.Content[(int)offset..((int)offset + length)] : null);

    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (_, info) in _objects.Values.Where(entry => entry.Info.Name.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(static entry => entry.Info.Name, StringComparer.Ordinal))
        {
            await Task.CompletedTask;
            yield return info;
        }
    }

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => Task.FromResult(_objects.TryRemove(name, out _));

    private (byte[], ObjectInfo) Entry(string name, byte[] content, IReadOnlyDictionary<string, string> tags) => (content, new ObjectInfo(
        name, content.Length, Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture), time.GetUtcNow(), tags));
}
