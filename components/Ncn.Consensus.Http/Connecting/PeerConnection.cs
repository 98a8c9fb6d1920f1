using System.Net.WebSockets;
using Ncn.Consensus.Http.Receiving;
using Ncn.Consensus.Http.Sending;

namespace Ncn.Consensus.Http.Connecting;

/// <summary>A proven connection with a peer: reads until it ends, and writes what waits, each time all of it at once.</summary>
/// <remarks>
/// A write begins on the thread that flushes, and goes on there while the system takes it: no other thread is woken for a vote. What comes in
/// is handled on the thread that read it. One write and one read are under way at most.
/// </remarks>
internal sealed class PeerConnection(WebSocket socket, SendQueue queue, LinkLimits limits, TimeProvider time) : IDisposable
{
    private const int BatchBytes = 256 * 1024;
    private readonly CancellationTokenSource _end = new();
    private byte[] _batch = new byte[16 * 1024];
    private int _isWriting;
    private long _writingSince;

    /// <summary>Reads until the connection ends; gives the reason.</summary>
    internal async Task<string> RunAsync(PeerInbox inbox)
    {
        try
        {
            using var watch = time.CreateTimer(_ => EndIfStuck(), null, limits.WritePatience, limits.WritePatience / 2);
            return await ReadAsync(inbox);
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            return ended.Message;
        }
        finally
        {
            End();
        }
    }

    /// <summary>Writes what waits, unless a write is under way, which will take it along.</summary>
    internal void Flush()
    {
        if (!queue.IsEmpty && Interlocked.CompareExchange(ref _isWriting, 1, 0) == 0)
        {
            _ = WriteAsync();
        }
    }

    /// <summary>Ends the connection at once.</summary>
    internal void End()
    {
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return; // it has ended already
        }

        socket.Abort();
    }

    public void Dispose()
    {
        _end.Dispose();
        socket.Dispose();
    }

    private async Task<string> ReadAsync(PeerInbox inbox)
    {
        while (true)
        {
            var part = await socket.ReceiveAsync(inbox.Buffer.Free, _end.Token).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return socket.CloseStatusDescription ?? "the peer ended it";
            }

            inbox.Buffer.Added(part.Count);
            if (inbox.Take() is { } reason)
            {
                return reason;
            }

            if (inbox.Wait() is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, time, _end.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                Volatile.Write(ref _writingSince, time.GetTimestamp());
                for (var length = queue.Take(ref _batch, BatchBytes); length > 0; length = queue.Take(ref _batch, BatchBytes))
                {
                    await socket.SendAsync(_batch.AsMemory(0, length), WebSocketMessageType.Binary, endOfMessage: true, _end.Token).ConfigureAwait(false);
                    Volatile.Write(ref _writingSince, time.GetTimestamp());
                }

                Volatile.Write(ref _writingSince, 0);
                Volatile.Write(ref _isWriting, 0);
                if (queue.IsEmpty || Interlocked.CompareExchange(ref _isWriting, 1, 0) != 0)
                {
                    return;
                }
            }
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            End(); // the reader says why it ended
        }
    }

    private void EndIfStuck()
    {
        if (Volatile.Read(ref _writingSince) is not 0 and var since && time.GetElapsedTime(since) > limits.WritePatience)
        {
            End();
        }
    }
}
