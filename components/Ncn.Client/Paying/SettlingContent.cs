using System.Net;
using Ncn.Payments.X402;

namespace Ncn.Client.Paying;

/// <summary>A stream of server-sent events whose last ones say what was charged: passes every byte on at once, and settles when it ends or is dropped.</summary>
internal sealed class SettlingContent : HttpContent
{
    private readonly HttpContent inner;
    private readonly Func<SettlementExtra?, Task> settle;

    public SettlingContent(HttpContent inner, Func<SettlementExtra?, Task> settle)
    {
        (this.inner, this.settle) = (inner, settle);
        foreach (var header in inner.Headers)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => new SettlingStream(await inner.ReadAsStreamAsync(), settle);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new SettlingStream(await inner.ReadAsStreamAsync(cancellationToken), settle);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var source = await CreateContentReadStreamAsync(cancellationToken);
        await source.CopyToAsync(stream, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>Watches the events that pass for the settlement of the stream.</summary>
internal sealed class SettlingStream(Stream inner, Func<SettlementExtra?, Task> settle) : Stream
{
    private readonly SettlementScanner scanner = new();
    private int settled;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        scanner.Append(buffer.Span[..read]);
        if (read == 0 && buffer.Length > 0)
        {
            await SettleAsync();
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override async ValueTask DisposeAsync()
    {
        await SettleAsync();
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            SettleAsync().GetAwaiter().GetResult();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private Task SettleAsync() => Interlocked.Exchange(ref settled, 1) == 0 ? settle(scanner.Found) : Task.CompletedTask;
}
