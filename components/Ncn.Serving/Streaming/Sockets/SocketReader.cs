using System.Buffers;
using System.Net.WebSockets;

namespace Ncn.Serving.Streaming.Sockets;

/// <summary>What came over a socket.</summary>
internal abstract record SocketMessage
{
    private SocketMessage()
    {
    }

    /// <summary>A whole text message; its bytes are the receiver's.</summary>
    public sealed record Text(ReadOnlyMemory<byte> Bytes) : SocketMessage;

    /// <summary>The client closes, or is gone.</summary>
    public sealed record Closed : SocketMessage;

    /// <summary>What no client of this protocol sends: the socket is closed for it.</summary>
    public sealed record Refused(WebSocketCloseStatus Status, string Reason) : SocketMessage;
}

/// <summary>Reads messages of bounded size. Between messages a socket holds no memory.</summary>
/// <param name="patience">How long one message may take, from its first byte to its last.</param>
internal sealed class SocketReader(WebSocket socket, int maxBytes, TimeSpan patience, TimeProvider time)
{
    private const int FirstBytes = 4096;
    private const int MaxEmptyParts = 64;

    public async Task<SocketMessage> ReadAsync()
    {
        try
        {
            var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
            if (first.MessageType == WebSocketMessageType.Close)
            {
                return new SocketMessage.Closed();
            }

            // An empty message is over with its beginning.
            if (first.EndOfMessage)
            {
                return new SocketMessage.Text(default);
            }

            using var late = new CancellationTokenSource(patience, time);
            return await ReadMessageAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            return new SocketMessage.Refused(WebSocketCloseStatus.PolicyViolation, $"A message must arrive within {patience.TotalSeconds} seconds.");
        }
        catch (WebSocketException)
        {
            // Lost, or it broke the protocol, which the runtime has told it already.
            return new SocketMessage.Closed();
        }
    }

    private async Task<SocketMessage> ReadMessageAsync(CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBytes);
        try
        {
            var (count, empty) = (0, 0);
            while (true)
            {
                buffer = Grown(buffer, count);
                var part = await socket.ReceiveAsync(buffer.AsMemory(count), cancellationToken);
                count += part.Count;
                empty += part.Count == 0 ? 1 : 0;
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    return new SocketMessage.Closed();
                }

                if (Violation(part.MessageType, count, empty) is { } refused)
                {
                    return refused;
                }

                if (part.EndOfMessage)
                {
                    return new SocketMessage.Text(buffer.AsMemory(0, count).ToArray());
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private SocketMessage.Refused? Violation(WebSocketMessageType type, int count, int empty) =>
        type != WebSocketMessageType.Text ? new(WebSocketCloseStatus.InvalidMessageType, "Messages are JSON text; binary ones are not taken.")
        : count > maxBytes ? new(WebSocketCloseStatus.MessageTooBig, $"A message may have {maxBytes} bytes.")
        : empty > MaxEmptyParts ? new(WebSocketCloseStatus.PolicyViolation, "A message has too many empty parts.")
        : null;

    // Memory grows with what arrives, up to one byte more than may: that one tells that it is too much.
    private byte[] Grown(byte[] buffer, int count)
    {
        if (count < buffer.Length)
        {
            return buffer;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * count, maxBytes + 1L));
        buffer.AsSpan(0, count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
