using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Ncn.Discovery.Http.Envelope;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery.Http.Transport;

/// <summary>A peer gave no answer that can be believed: not reached, refused, too large, malformed, or not its own.</summary>
public sealed class PeerCallException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Asks other peers, over one pool of connections for all of them.</summary>
/// <remarks>
/// Every connection goes through an <see cref="AddressGuard"/>: names are looked up once, every address must be allowed, plain http goes to this machine
/// alone, and no redirect is followed. An answer counts when the peer's identity key signed it for exactly this request.
/// </remarks>
public sealed class PeerCaller : IDisposable
{
    private const int MaxPins = 8_192;
    private const int MaxRecordBytes = 8 * 1024;
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly ConcurrentDictionary<DnsEndPoint, AddressBlock> _pins = [];
    private readonly HttpClient _http;
    private readonly PeerIdentity _self;
    private readonly VerifiedRecords _records;
    private readonly ContentWriter _writer;
    private readonly ContentReader _reader;
    private readonly TimeProvider _time;

    /// <param name="self">Who asks.</param>
    /// <param name="rules">Which addresses are called.</param>
    /// <param name="time">The clock that requests are dated by.</param>
    public PeerCaller(PeerIdentity self, AddressRules rules, TimeProvider time)
        : this(self, rules, time, new VerifiedRecords(self?.Network ?? throw new ArgumentNullException(nameof(self))))
    {
    }

    internal PeerCaller(PeerIdentity self, AddressRules rules, TimeProvider time, VerifiedRecords records, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        (_self, _time, _records) = (self, time, records);
        (_writer, _reader) = (new ContentWriter(records), new ContentReader(records));
        var guard = new AddressGuard(rules, resolve) { WantsTls = true, Connected = (host, address) => Pin(host, AddressBlock.Of(address, rules.AllowLoopback)) };
        var handler = guard.Handler(TimeSpan.FromSeconds(2));
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90);
        handler.MaxConnectionsPerServer = 16;
        handler.MaxResponseHeadersLength = 16;
        _http = new HttpClient(handler, disposeHandler: true) { MaxResponseContentBufferSize = Wire.MaxBytes, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Asks a peer. Throws <see cref="PeerCallException"/>, and <see cref="OperationCanceledException"/> when it takes too long.</summary>
    /// <returns>The peer as it says now that it is, with the block of the address that it answered from, and its answer.</returns>
    public async Task<(Contact Peer, DiscoveryAnswer Answer)> AskAsync(Contact peer, DiscoveryRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var now = (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();
        var content = _writer.Write(_self.At(now), request);
        var call = _self.Sign(new DiscoveryCall(_self.Id, peer.Id, now, new Hash32(RandomNumberGenerator.GetBytes(Hash32.Size)), Keccak256.Of(content.Span)));
        var url = Wire.UrlOf(peer.Url);
        var message = await PostAsync(url, SignedEnvelope<DiscoveryCall>.Write(call, content.Span), cancellationToken);
        return Accept(url, peer, call.Message, message);
    }

    /// <summary>What the peer under a URL says that it is: a way in where only the URL is known. Throws as <see cref="AskAsync"/> does.</summary>
    public async Task<Contact> IntroduceAsync(Uri url, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(url);
        using var request = new HttpRequestMessage(HttpMethod.Get, Wire.UrlOf(url.ToString()));
        var record = await SendAsync(request, cancellationToken);
        return record.Length <= MaxRecordBytes && _records.ReadPeer(record) is { } peer
            ? peer
            : throw new PeerCallException($"{url} does not answer with the record of a peer of this network.");
    }

    /// <summary>A record from outside as a peer; null when it is malformed or its operator did not sign it.</summary>
    public Contact? Read(Signed<PeerRecord> record) => _records.ReadPeer(JsonSerializer.SerializeToUtf8Bytes(record, ProtocolJson.Options));

    public void Dispose() => _http.Dispose();

    private async Task<byte[]> PostAsync(Uri url, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = Json;
        return await SendAsync(request, cancellationToken);
    }

    private async Task<byte[]> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsByteArrayAsync(cancellationToken)
                : throw new PeerCallException($"{request.RequestUri} answered {(int)response.StatusCode}.");
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or IOException)
        {
            throw new PeerCallException($"{request.RequestUri} cannot be reached: {unreachable.Message}", unreachable);
        }
    }

    private (Contact Peer, DiscoveryAnswer Answer) Accept(Uri url, Contact asked, DiscoveryCall call, byte[] message)
    {
        try
        {
            using var reply = SignedEnvelope<DiscoveryReply>.Read(message);
            var head = reply.Head.Message;
            if (head.From != asked.Id || head.Call != call.StructHash() || head.ContentHash != reply.ContentHash)
            {
                throw new PeerCallException($"{url} answered what is no answer to this request.");
            }

            var peer = _reader.ReadPeer(reply.Content);
            if (peer is null || peer.Id != asked.Id || !Wire.IsSignedBy(peer, reply.Head, _self.Network))
            {
                throw new PeerCallException($"{url} answered without proof that it is {asked.Id}.");
            }

            return (peer.At(_pins.GetValueOrDefault(Wire.EndPointOf(url))), _reader.ReadAnswer(reply.Content));
        }
        catch (MalformedMessageException malformed)
        {
            throw new PeerCallException($"{url} answered what cannot be read: {malformed.Message}.", malformed);
        }
    }

    private void Pin(DnsEndPoint host, AddressBlock block)
    {
        if (_pins.Count >= MaxPins)
        {
            // Connections that are kept lose their block until they are made anew, five minutes at most.
            _pins.Clear();
        }

        _pins[host] = block;
    }
}
