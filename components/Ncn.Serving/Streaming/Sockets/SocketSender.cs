using System.Net.WebSockets;

namespace Ncn.Serving.Streaming.Sockets;

/// <summary>
/// Sends frames one after another. Nothing is queued: who has a frame waits for its turn, so a socket holds one frame for each request
/// that runs, however slowly its client reads.
/// </summary>
/// <param name="patience">How long a client may leave a frame unread.</param>
internal sealed class SocketSender(WebSocket socket, TimeSpan patience, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private bool _isClosed;

    /// <summary>True when nothing can be sent any more.</summary>
    public bool IsClosed => _isClosed || socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived);

    /// <summary>Fires when the client does not read, or is gone.</summary>
    public event Action? Stalled;

    /// <summary>Sends a frame. Throws <see cref="OperationCanceledException"/> when the socket is no longer open.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (IsClosed)
            {
                throw new OperationCanceledException("The socket is closed.");
            }

            await PatientlyAsync(socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).AsTask());
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Says why the socket is closed, once, and no frame after it; false when that could not be said in time.</summary>
    public async Task<bool> CloseAsync(WebSocketCloseStatus status, string reason)
    {
        if (!await _turn.WaitAsync(patience))
        {
            return false;
        }

        try
        {
            if (IsClosed)
            {
                return _isClosed;
            }

            _isClosed = true;
            await socket.CloseOutputAsync(status, reason, CancellationToken.None).WaitAsync(patience, time);
            return true;
        }
        catch (Exception gone) when (gone is WebSocketException or TimeoutException or OperationCanceledException)
        {
            return false;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    // Who reads late is told why it is closed, if it reads again soon; who does not read at all is cut off by the session.
    private async Task PatientlyAsync(Task sending)
    {
        try
        {
            await sending.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            Stalled?.Invoke();
            await FinishAsync(sending);
            throw new OperationCanceledException("The client does not read.");
        }
        catch (WebSocketException lost)
        {
            Stalled?.Invoke();
            throw new OperationCanceledException("The socket is lost.", lost);
        }
    }

    private static async Task FinishAsync(Task sending)
    {
        try
        {
            await sending;
        }
        catch (Exception lost) when (lost is WebSocketException or OperationCanceledException)
        {
            throw new OperationCanceledException("The client does not read.", lost);
        }
    }
}
