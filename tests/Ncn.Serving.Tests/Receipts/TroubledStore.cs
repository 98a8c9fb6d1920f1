using Ncn.Serving.Storage;

namespace Ncn.Serving.Tests.Receipts;

/// <summary>A storage of which some appends fail: before they are written, or after, without the writer's hearing of it.</summary>
internal sealed class TroubledStore(IObjectStore inner) : IObjectStore
{
    /// <summary>What the next appends come to: null for well, false for not written, true for written and not heard.</summary>
    public Queue<bool?> Appends { get; } = [];

    public async Task AppendAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var trouble = Appends.TryDequeue(out var next) ? next : null;
        await (trouble == false ? Task.CompletedTask : inner.AppendAsync(name, content, cancellationToken));
        if (trouble is not null)
        {
            throw new IOException("the storage does not answer");
        }
    }

    public Task WriteAsync(string name, Stream content, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) => inner.WriteAsync(name, content, tags, cancellationToken);

    public Task<bool> TryWriteAsync(string name, ReadOnlyMemory<byte> content, string? version, CancellationToken cancellationToken) => inner.TryWriteAsync(name, content, version, cancellationToken);

    public Task<ObjectInfo?> FindAsync(string name, CancellationToken cancellationToken) => inner.FindAsync(name, cancellationToken);

    public Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken) => inner.OpenAsync(name, cancellationToken);

    public Task<byte[]?> ReadAsync(string name, long offset, int length, CancellationToken cancellationToken) => inner.ReadAsync(name, offset, length, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => inner.DeleteAsync(name, cancellationToken);
}
