using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.WebSockets;
using Microsoft.Extensions.Logging;
using Ncn.Consensus.Http.Connecting;
using Ncn.Consensus.Http.Sending;
using Ncn.Consensus.Wire;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;

namespace Ncn.Consensus.Http;

/// <summary>The direct transport between validators: one long-lived connection with each peer, both ends proven, bounded both ways.</summary>
public sealed class ValidatorLink : IValidatorLink, IAsyncDisposable
{
    private readonly ConcurrentDictionary<Address, Peer> _peers = [];
    private readonly LinkIdentity _self;
    private readonly LinkReceiver _receive;
    private readonly LinkLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly LinkCaller _caller;
    private readonly CancellationTokenSource _stop = new();
    private LinkServer? _server;

    private ValidatorLink(LinkIdentity self, LinkReceiver receive, AddressRules rules, LinkLimits limits, TimeProvider time, ILogger log)
    {
        (_self, _receive, _limits, _time, _log) = (self, receive, limits, time, log);
        _caller = new LinkCaller(self, rules, limits);
    }

    /// <summary>Where it listens: the system may have chosen the port.</summary>
    public int Port => _server!.Port;

    /// <inheritdoc/>
    public ImmutableArray<Address> Connected => [.. _peers.Values.Where(static peer => peer.IsConnected).Select(static peer => peer.Listed.Key)];

    /// <summary>Frames that were dropped since the start, because a peer did not take them in time.</summary>
    public long Dropped => _peers.Values.Sum(static peer => peer.Queue.Dropped);

    /// <summary>Listens; nobody is connected until <see cref="SetPeers"/>.</summary>
    /// <param name="rules">Which addresses are called.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<ValidatorLink> ListenAsync(
        IPAddress address, int port, LinkIdentity self, LinkReceiver receive, AddressRules rules, LinkLimits limits, TimeProvider time, ILogger log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(self);
        ArgumentNullException.ThrowIfNull(receive);
        ArgumentNullException.ThrowIfNull(limits);
        var link = new ValidatorLink(self, receive, rules, limits, time, log);
        try
        {
            link._server = await LinkServer.ListenAsync(address, port, limits, link.ServeAsync, cancellationToken);
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>Says who is to be connected with, whole: others are called, waited for and let in from now on, and those that are not listed any more are cut off.</summary>
    public void SetPeers(IEnumerable<LinkPeer> peers)
    {
        var listed = peers.Where(peer => peer.Key != _self.Key).DistinctBy(static peer => peer.Key).ToDictionary(static peer => peer.Key);
        foreach (var (key, peer) in _peers)
        {
            if (!listed.TryGetValue(key, out var now) || now != peer.Listed)
            {
                _peers.TryRemove(key, out _);
                _ = peer.DisposeAsync().AsTask();
            }
        }

        foreach (var peer in listed.Values.Where(peer => !_peers.ContainsKey(peer.Key)))
        {
            var added = new Peer(peer, _self, _receive, _limits, _time, _log);
            _peers[peer.Key] = added;
            if (peer.Url is not null)
            {
                added.KeepConnected(_caller);
            }
        }
    }

    /// <inheritdoc/>
    public void Send(Address to, WireMessage message)
    {
        if (_peers.TryGetValue(to, out var peer) && peer.IsConnected)
        {
            peer.Queue.Add(Outgoing.Of(message, _self.Network));
        }
    }

    /// <inheritdoc/>
    public void SendAll(WireMessage message)
    {
        var frame = Outgoing.Of(message, _self.Network);
        foreach (var (_, peer) in _peers)
        {
            if (peer.IsConnected)
            {
                peer.Queue.Add(frame);
            }
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        foreach (var (_, peer) in _peers)
        {
            peer.Flush();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var (_, peer) in _peers)
        {
            await peer.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _caller.Dispose();
        _stop.Dispose();
    }

    // A stranger until it has proved that it is a peer.
    private async Task ServeAsync(WebSocket socket, Action isKnown, CancellationToken cancellationToken)
    {
        Peer? peer;
        using (var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token))
        {
            patience.CancelAfter(_limits.HandshakePatience);
            peer = await GreetAsync(socket, patience.Token);
        }

        if (peer is not null)
        {
            isKnown();
            await peer.UseAsync(socket, isCalled: false);
        }
    }

    private async Task<Peer?> GreetAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        try
        {
            var key = await LinkHandshake.AnswerAsync(socket, _self, key => _peers.TryGetValue(key, out var listed) && !listed.IsExcluded, cancellationToken);
            return _peers.GetValueOrDefault(key);
        }
        catch (HandshakeException refused)
        {
            _log.LogDebug("A connection was refused: {Reason}", refused.Message);
            await RefuseAsync(socket, refused.Message, cancellationToken);
            return null;
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or IOException)
        {
            _log.LogDebug("A connection has ended before it was proven whose it is: {Reason}", ended.Message);
            return null;
        }
    }

    private static async Task RefuseAsync(WebSocket socket, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, reason.Length > 120 ? reason[..120] : reason, cancellationToken);
        }
        catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or IOException)
        {
            return; // it is gone, and needs no reason
        }
    }
}
