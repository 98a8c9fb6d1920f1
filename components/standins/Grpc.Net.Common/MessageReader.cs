using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.Net;

/// <summary>
/// Takes framed messages out of a pipe. The length is checked against the limit before the payload is awaited,
/// so a peer cannot make this side hold more than one message of that size.
/// </summary>
internal sealed class MessageReader(PipeReader pipe, string? encoding, int? maxMessageSize) : DeserializationContext
{
    private ReadOnlySequence<byte> payload;

    public override int PayloadLength => checked((int)payload.Length);

    public override byte[] PayloadAsNewBuffer() => payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => payload;

    /// <summary>The next message, or null at the end of the stream.</summary>
    /// <exception cref="RpcException">The bytes are no message, or one over the limit.</exception>
    internal async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserialize, CancellationToken cancellationToken) where T : class
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCanceled)
            {
                throw new OperationCanceledException("The read was cancelled.");
            }
            var buffer = result.Buffer;
            if (TryTakeFrame(ref buffer, out var isCompressed))
            {
                return Deserialize(deserialize, buffer, isCompressed);
            }
            if (result.IsCompleted)
            {
                return buffer.IsEmpty ? null : throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));
            }
            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>The one message of a call side that does not stream.</summary>
    internal async ValueTask<T?> ReadSingleAsync<T>(Func<DeserializationContext, T> deserialize, CancellationToken cancellationToken) where T : class
    {
        var message = await ReadAsync(deserialize, cancellationToken).ConfigureAwait(false);
        if (message is not null && await ReadAsync(static context => context, cancellationToken).ConfigureAwait(false) is not null)
        {
            throw new RpcException(new Status(StatusCode.Internal, "Additional data after the message received."));
        }
        return message;
    }

    private T Deserialize<T>(Func<DeserializationContext, T> deserialize, ReadOnlySequence<byte> frame, bool isCompressed)
    {
        payload = isCompressed ? MessageCompression.Decompress(encoding, frame, maxMessageSize) : frame;
        try
        {
            return deserialize(this) ?? throw new RpcException(new Status(StatusCode.Internal, "Failed to deserialize message."));
        }
        finally
        {
            payload = default;
            pipe.AdvanceTo(frame.End);
        }
    }

    /// <summary>Narrows the buffer to the payload of its first message, if all of it has arrived.</summary>
    private bool TryTakeFrame(ref ReadOnlySequence<byte> buffer, out bool isCompressed)
    {
        isCompressed = false;
        if (buffer.Length < MessageSerializer.HeaderSize)
        {
            return false;
        }
        Span<byte> header = stackalloc byte[MessageSerializer.HeaderSize];
        buffer.Slice(0, MessageSerializer.HeaderSize).CopyTo(header);
        isCompressed = header[0] switch
        {
            0 => false,
            1 => true,
            _ => throw new RpcException(new Status(StatusCode.Internal, "Unexpected compressed flag value in message header.")),
        };
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > (uint)(maxMessageSize ?? int.MaxValue))
        {
            throw MessageCompression.TooLarge();
        }
        if (buffer.Length < MessageSerializer.HeaderSize + length)
        {
            return false;
        }
        buffer = buffer.Slice(MessageSerializer.HeaderSize, length);
        return true;
    }
}
