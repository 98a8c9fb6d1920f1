using System.Net.WebSockets;
using Ncn.Consensus.Http.Connecting;
using Ncn.Protocol;

namespace Ncn.Consensus.Http.Tests;

/// <summary>A WebSocket at a link's port that says what a test wants.</summary>
internal sealed class RawCaller : IDisposable
{
    private readonly ClientWebSocket _socket = new();

    public static async Task<RawCaller> CallAsync(int port)
    {
        var caller = new RawCaller();
        await caller._socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}{LinkServer.Path}"), CancellationToken.None);
        return caller;
    }

    /// <summary>The called end's challenge.</summary>
    public async Task<Hash32> ChallengeAsync() => new((await ReceiveAsync()).AsSpan(1 + Hash32.Size));

    /// <summary>The caller's part of the handshake.</summary>
    public static byte[] Proof(Signer key, Address to, Hash32 challenge, Address? from = null)
    {
        var (self, nonce) = (from ?? key.Address, LinkTown.Network);
        var proof = key.Sign(new LinkProof(self, to, LinkTown.Network, challenge, nonce), LinkTown.Domain).Signature;
        return new CanonicalWriter().Address(self).Address(to).Word(nonce).Signature(proof).Written.ToArray();
    }

    public Task SendAsync(byte[] bytes) => _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    /// <summary>The next message; empty when the other end has closed.</summary>
    public async Task<byte[]> ReceiveAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[4_096];
        try
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(), patience.Token);
            return part.MessageType == WebSocketMessageType.Close ? [] : buffer[..part.Count];
        }
        catch (WebSocketException)
        {
            return []; // cut off without a word
        }
    }

    /// <summary>Why the other end has closed.</summary>
    public string? Reason => _socket.CloseStatusDescription;

    public void Dispose() => _socket.Dispose();
}
