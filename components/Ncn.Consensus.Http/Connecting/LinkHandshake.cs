using System.Net.WebSockets;
using System.Security.Cryptography;
using Ncn.Protocol;

namespace Ncn.Consensus.Http.Connecting;

/// <summary>The other end did not prove what it had to.</summary>
internal sealed class HandshakeException(string message) : Exception(message);

/// <summary>
/// Both ends of a new connection prove whose they are. 1. The end that was called sends version, network and a fresh challenge. 2. The
/// caller sends its key, the key that it wants, a fresh challenge and its proof. 3. The called end, if it is that one and the caller is
/// listed, sends its proof.
/// </summary>
/// <remarks>A proof is an EIP-712 signature of <see cref="LinkProof"/> over both challenges and both keys: it is good for this connection and between these two.</remarks>
internal static class LinkHandshake
{
    private const byte Version = 1;
    private const int ChallengeBytes = 1 + (2 * Hash32.Size);
    private const int ProofBytes = (2 * Address.Size) + Hash32.Size + Signature.Size;

    /// <summary>The caller's side.</summary>
    internal static async Task CallAsync(WebSocket socket, LinkIdentity self, Address peer, CancellationToken cancellationToken)
    {
        var challenge = ReadChallenge(await ReceiveAsync(socket, ChallengeBytes, cancellationToken), self.Network);
        var nonce = Draw();
        var proof = self.Sign(new LinkProof(self.Key, peer, self.Network, challenge, nonce));
        await SendAsync(socket, new CanonicalWriter().Address(self.Key).Address(peer).Word(nonce).Signature(proof), cancellationToken);
        var answer = new Signature(await ReceiveAsync(socket, Signature.Size, cancellationToken));
        Require(new Signed<LinkProof>(new LinkProof(peer, self.Key, self.Network, nonce, challenge), answer).IsSignedBy(peer, self.Domain), $"it did not prove that it is {peer}");
    }

    /// <summary>The called side.</summary>
    /// <param name="isListed">Whether there is to be a connection with this key: asked before any signature is checked or made.</param>
    /// <returns>Who called.</returns>
    internal static async Task<Address> AnswerAsync(WebSocket socket, LinkIdentity self, Func<Address, bool> isListed, CancellationToken cancellationToken)
    {
        var challenge = Draw();
        await SendAsync(socket, new CanonicalWriter().Byte(Version).Word(self.Network).Word(challenge), cancellationToken);
        var (from, to, nonce, proof) = ReadProof(await ReceiveAsync(socket, ProofBytes, cancellationToken));
        Require(to == self.Key, $"it wants {to}, and this is {self.Key}");
        Require(from != self.Key && isListed(from), $"{from} is no validator that this one is connected with");
        Require(new Signed<LinkProof>(new LinkProof(from, to, self.Network, challenge, nonce), proof).IsSignedBy(from, self.Domain), $"it did not prove that it is {from}");
        await SendAsync(socket, new CanonicalWriter().Signature(self.Sign(new LinkProof(self.Key, from, self.Network, nonce, challenge))), cancellationToken);
        return from;
    }

    private static Hash32 ReadChallenge(ReadOnlySpan<byte> message, Hash32 network)
    {
        Require(message[0] == Version, $"it speaks version {message[0]}");
        Require(new Hash32(message.Slice(1, Hash32.Size)) == network, "it is of another network");
        return new Hash32(message[(1 + Hash32.Size)..]);
    }

    private static (Address From, Address To, Hash32 Nonce, Signature Proof) ReadProof(ReadOnlySpan<byte> message) => (
        new Address(message[..Address.Size]), new Address(message.Slice(Address.Size, Address.Size)),
        new Hash32(message.Slice(2 * Address.Size, Hash32.Size)), new Signature(message[^Signature.Size..]));

    private static Hash32 Draw() => new(RandomNumberGenerator.GetBytes(Hash32.Size));

    private static async Task SendAsync(WebSocket socket, CanonicalWriter message, CancellationToken cancellationToken) =>
        await socket.SendAsync(message.Written.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

    private static async Task<byte[]> ReceiveAsync(WebSocket socket, int length, CancellationToken cancellationToken)
    {
        var message = new byte[length];
        for (var read = 0; read < length;)
        {
            var part = await socket.ReceiveAsync(message.AsMemory(read), cancellationToken);
            Require(part.MessageType == WebSocketMessageType.Binary, socket.CloseStatusDescription ?? "it ended the connection");
            read += part.Count;
            Require(part.EndOfMessage == (read == length), "it sent something else than a handshake");
        }

        return message;
    }

    private static void Require(bool holds, string reason)
    {
        if (!holds)
        {
            throw new HandshakeException(reason);
        }
    }
}
