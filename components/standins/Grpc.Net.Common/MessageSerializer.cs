using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Grpc.Net;

/// <summary>
/// Frames messages for sending: one byte that says whether the payload is compressed, four bytes of its length, the payload.
/// One pooled buffer serves all messages of a call, so a stream of small messages allocates nothing here.
/// </summary>
internal sealed class MessageSerializer(int? maxMessageSize) : SerializationContext, IBufferWriter<byte>, IDisposable
{
    internal const int HeaderSize = 5;
    private const int InitialSize = 1024;

    private byte[] buffer = [];
    private int written;
    private bool completed;

    /// <summary>The framed message. The memory is valid until the next call.</summary>
    internal ReadOnlyMemory<byte> Serialize<T>(Marshaller<T> marshaller, T message)
    {
        written = HeaderSize;
        completed = false;
        marshaller.ContextualSerializer(message, this);
        if (!completed)
        {
            throw new InvalidOperationException("The serializer did not complete the message.");
        }
        CheckSize(written - HeaderSize);
        EnsureCapacity(written);
        buffer[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(1), written - HeaderSize);
        return buffer.AsMemory(0, written);
    }

    public override void SetPayloadLength(int payloadLength)
    {
        CheckSize(payloadLength);
        EnsureCapacity(HeaderSize + payloadLength);
    }

    public override IBufferWriter<byte> GetBufferWriter() => this;

    public override void Complete() => completed = true;

    public override void Complete(byte[] payload)
    {
        SetPayloadLength(payload.Length);
        payload.CopyTo(buffer.AsSpan(HeaderSize));
        written = HeaderSize + payload.Length;
        completed = true;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, buffer.Length - written);
        written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureCapacity(written + Math.Max(sizeHint, 1));
        return buffer.AsMemory(written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        var rented = buffer;
        buffer = [];
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void EnsureCapacity(int size)
    {
        if (size <= buffer.Length)
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(size, InitialSize), (int)Math.Min(2L * buffer.Length, Array.MaxLength)));
        buffer.AsSpan(0, Math.Min(written, buffer.Length)).CopyTo(larger);
        Dispose();
        buffer = larger;
    }

    private void CheckSize(int size)
    {
        if (size > maxMessageSize)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }
    }
}
