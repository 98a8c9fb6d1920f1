using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Ncn.Consensus.Http.Receiving;
using Ncn.Consensus.Http.Sending;

namespace Ncn.Consensus.Http.Connecting;

/// <summary>One peer that is listed: its queue, and the one connection with it.</summary>
/// <remarks>
/// Both ends may call. The end with the lower key calls at once, the other one a while later if it was not called by then; when both did, the
/// connection that the lower key made stays.
/// </remarks>
internal sealed class Peer(LinkPeer listed, LinkIdentity self, LinkReceiver receive, LinkLimits limits, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private readonly Lock _turn = new();
    private readonly CancellationTokenSource _unlisted = new();
    private Task _calling = Task.CompletedTask;
    private PeerConnection? _current;
    private TaskCompletionSource? _gone;
    private bool _isOfLower;
    private long _excludedAt;

    internal LinkPeer Listed => listed;

    internal SendQueue Queue { get; } = new(limits);

    /// <summary>Whether messages can go out now.</summary>
    internal bool IsConnected => Volatile.Read(ref _current) is not null;

    /// <summary>It lied not long ago.</summary>
    internal bool IsExcluded => Volatile.Read(ref _excludedAt) is not 0 and var since && time.GetElapsedTime(since) < limits.Exclusion;

    private bool IsLower => self.Key < listed.Key;

    internal void Flush() => Volatile.Read(ref _current)?.Flush();

    /// <summary>Uses a proven connection until it ends.</summary>
    /// <param name="isCalled">Whether this end has made it.</param>
    internal async Task UseAsync(WebSocket socket, bool isCalled)
    {
        using var connection = new PeerConnection(socket, Queue, limits, time);
        if (!TryAdopt(connection, isOfLower: isCalled == IsLower))
        {
            return;
        }

        log.LogInformation("Validator {Peer} is connected.", listed.Key);
        var inbox = new PeerInbox(self.Network, limits, time, message => receive(listed.Key, message));
        var reason = await connection.RunAsync(inbox);
        Leave(connection, inbox.HasLied);
        log.LogInformation("The connection with validator {Peer} has ended: {Reason}", listed.Key, reason);
    }

    /// <summary>Keeps calling while there is no connection, until this is disposed.</summary>
    internal void KeepConnected(LinkCaller caller) => _calling = Task.Run(() => KeepConnectedAsync(caller));

    /// <summary>There is to be no connection any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _unlisted.CancelAsync();
        lock (_turn)
        {
            _current?.End();
        }

        await _calling;
        _unlisted.Dispose();
    }

    private async Task KeepConnectedAsync(LinkCaller caller)
    {
        var backoff = limits.FirstBackoff;
        try
        {
            await Task.Delay(IsLower ? TimeSpan.Zero : limits.FirstBackoff * 10, time, _unlisted.Token);
            while (!_unlisted.IsCancellationRequested)
            {
                if (Gone() is { } gone)
                {
                    await gone.WaitAsync(_unlisted.Token);
                    backoff = limits.FirstBackoff;
                }

                if (!IsConnected && !IsExcluded && await TryCallAsync(caller))
                {
                    backoff = limits.FirstBackoff;
                }

                await Task.Delay(backoff * (0.5 + Random.Shared.NextDouble()), time, _unlisted.Token);
                backoff = backoff * 2 < limits.LongestBackoff ? backoff * 2 : limits.LongestBackoff;
            }
        }
        catch (OperationCanceledException) when (_unlisted.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task<bool> TryCallAsync(LinkCaller caller)
    {
        try
        {
            using var socket = await caller.CallAsync(listed, _unlisted.Token);
            await UseAsync(socket, isCalled: true);
            return true;
        }
        catch (Exception failed) when (failed is WebSocketException or HttpRequestException or HandshakeException or IOException || (failed is OperationCanceledException && !_unlisted.IsCancellationRequested))
        {
            log.LogDebug("Validator {Peer} at {Url} cannot be reached: {Reason}", listed.Key, listed.Url, failed.InnerException?.Message ?? failed.Message);
            return false;
        }
    }

    private Task? Gone()
    {
        lock (_turn)
        {
            return _current is null ? null : _gone!.Task;
        }
    }

    private bool TryAdopt(PeerConnection connection, bool isOfLower)
    {
        lock (_turn)
        {
            if (_unlisted.IsCancellationRequested || (_current is not null && !isOfLower && _isOfLower))
            {
                return false;
            }

            _current?.End();
            _gone?.TrySetResult();
            Queue.Clear();
            (_isOfLower, _gone) = (isOfLower, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            Volatile.Write(ref _current, connection);
            return true;
        }
    }

    private void Leave(PeerConnection connection, bool hasLied)
    {
        lock (_turn)
        {
            if (hasLied)
            {
                Volatile.Write(ref _excludedAt, time.GetTimestamp());
            }

            if (_current == connection)
            {
                Volatile.Write(ref _current, null);
                _gone!.TrySetResult();
            }
        }
    }
}
