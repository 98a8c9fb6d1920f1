using System.Text;

namespace Ncn.Serving.Tests.Hosting;

/// <summary>What a client got; while it is held, a write has begun and does not end.</summary>
internal sealed class SlowBody : Stream
{
    private readonly MemoryStream _got = new();
    private TaskCompletionSource _read = Read();

    public string Text => Encoding.UTF8.GetString(_got.ToArray());

    /// <summary>Writes that have begun.</summary>
    public int Writes { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public void Hold() => _read = new TaskCompletionSource();

    public void Release() => _read.TrySetResult();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Writes++;
        _got.Write(buffer.Span[..(buffer.Length / 2)]);
        await _read.Task.WaitAsync(cancellationToken);
        _got.Write(buffer.Span[(buffer.Length / 2)..]);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static TaskCompletionSource Read()
    {
        var read = new TaskCompletionSource();
        read.SetResult();
        return read;
    }
}
