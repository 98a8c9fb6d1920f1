using System.Net;
using Ncn.Discovery.Http.Envelope;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery.Http.Transport;

/// <summary>A request is not answered: the HTTP status and a sentence that says why.</summary>
internal sealed record DeskRefusal(int Status, string Code, string Message);

/// <summary>Takes requests of other peers in, once it is sure whose they are, and signs the answers.</summary>
/// <remarks>
/// 1. The source has not sent too many. 2. The message can be read. 3. It is for this peer and of this minute. 4. The sender's identity key
/// signed it, and its operator vouches for that key; a client has a key alone. 5. It was not answered before. 6. The core answers; the answer is bound to the request.
/// </remarks>
internal sealed class PeerDesk(PeerIdentity self, VerifiedRecords records, Func<Contact?, DiscoveryRequest, DiscoveryAnswer> answer, DeskLimits limits, TimeProvider time)
{
    private readonly ContentReader _reader = new(records);
    private readonly ContentWriter _writer = new(records);
    private readonly NonceMemory _nonces = new(limits.MaxNonces);
    private readonly SourceRates _rates = new(limits.RequestsPerSecond, time);

    /// <summary>The answer to send, or why there is none.</summary>
    public (byte[]? Answer, DeskRefusal? Refusal) Serve(ReadOnlyMemory<byte> message)
    {
        try
        {
            return ServeRead(message);
        }
        catch (MalformedMessageException malformed)
        {
            return (null, new DeskRefusal(400, "malformed", $"The message cannot be taken: {malformed.Message}."));
        }
    }

    /// <summary>Whether a source may send one more request now; asked before its body is read.</summary>
    public DeskRefusal? Admit(IPAddress? source) => _rates.Take(source)
        ? null
        : new DeskRefusal(429, "too_many_requests", "This address sends more requests than this peer answers; wait a second.");

    private (byte[]? Answer, DeskRefusal? Refusal) ServeRead(ReadOnlyMemory<byte> message)
    {
        using var envelope = SignedEnvelope<DiscoveryCall>.Read(message);
        var now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        var call = envelope.Head.Message;
        if (Misdirected(call, now) is { } misdirected)
        {
            return (null, misdirected);
        }

        var from = _reader.ReadPeer(envelope.Content);
        if (call.ContentHash != envelope.ContentHash || !IsFrom(from, envelope.Head))
        {
            return (null, new DeskRefusal(401, "not_authentic", "The identity key of the named sender did not sign this message."));
        }

        if (_nonces.Add(call.From, call.Nonce, now) is not true)
        {
            return (null, new DeskRefusal(409, "repeated", "This message was answered before, or too many are remembered; send a new one."));
        }

        return (Answer(call, answer(from, _reader.ReadRequest(envelope.Content)), now), null);
    }

    private DeskRefusal? Misdirected(DiscoveryCall call, ulong now) =>
        call.To != self.Id ? new DeskRefusal(421, "wrong_recipient", $"The message is for {call.To}, and this is {self.Id}.")
        : call.SentAt > now + Wire.WindowMilliseconds || now > call.SentAt + Wire.WindowMilliseconds
            ? new DeskRefusal(401, "clock", $"The message is of {call.SentAt} and it is {now} here; set the clocks.")
        : null;

    private bool IsFrom(Contact? peer, Signed<DiscoveryCall> head) => peer is null
        ? IsFromClient(head)
        : peer.Id == head.Message.From && Wire.IsSignedBy(peer, head, self.Network);

    // A client's key is known by its signature alone.
    private bool IsFromClient(Signed<DiscoveryCall> head)
    {
        Span<byte> key = stackalloc byte[PeerRecord.IdentityKeySize];
        return Secp256k1.TryRecover(self.Network.Digest(head.Message).ToArray(), head.Signature.ToArray(), key) && PeerId.FromPublicKey(key) == head.Message.From;
    }

    private byte[] Answer(DiscoveryCall call, DiscoveryAnswer body, ulong now)
    {
        var content = _writer.Write(self.At(now) ?? throw new InvalidOperationException("A client answers nobody."), body);
        return SignedEnvelope<DiscoveryReply>.Write(self.Sign(new DiscoveryReply(self.Id, call.StructHash(), Keccak256.Of(content.Span))), content.Span);
    }
}

/// <summary>Bounds of what is taken in.</summary>
/// <param name="RequestsPerSecond">Of one address block; four seconds' worth at once.</param>
/// <param name="MaxNonces">Requests remembered in four minutes.</param>
internal sealed record DeskLimits(int RequestsPerSecond = 100, int MaxNonces = 262_144);
