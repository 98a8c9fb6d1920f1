using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ncn.Discovery.Http.Envelope;
using Ncn.Discovery.Http.Transport;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery.Http.Tests;

/// <summary>Which requests a peer answers: its own, of this minute, signed by who they say, once.</summary>
public sealed class DeskTests : IAsyncLifetime, IDisposable
{
    private static readonly DiscoveryRequest Ping = DiscoveryRequest.Ping.Instance;
    private readonly HttpClient _http = new();
    private Citizen _peer = null!;

    public async Task InitializeAsync() => _peer = await Citizen.StartAsync();

    public async Task DisposeAsync() => await _peer.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_peers_and_a_clients_request_are_answered()
    {
        Assert.Equal(200, await PostAsync(Message(Sender())));
        Assert.Equal(200, await PostAsync(Message(new PeerIdentity(Town.NewKey(), Town.Network))));
    }

    [Fact]
    public async Task A_copy_of_a_request_is_refused()
    {
        var message = Message(Sender());
        Assert.Equal((200, 409), (await PostAsync(message), await PostAsync(message)));
    }

    [Fact]
    public async Task A_request_for_another_peer_is_refused() =>
        Assert.Equal(421, await PostAsync(Message(Sender(), to: PeerId.FromPublicKey(Town.NewKey().PublicKey.Span))));

    [Theory]
    [InlineData(-61_000)]
    [InlineData(61_500)]
    public async Task A_request_of_another_time_is_refused(long shift) => Assert.Equal(401, await PostAsync(Message(Sender(), shift: shift)));

    [Fact]
    public async Task A_request_that_the_named_sender_did_not_sign_is_refused()
    {
        var sender = Sender();
        var content = Content(sender);
        Assert.Equal(401, await PostAsync(Signed(Sender(), sender.Id, content)));
        Assert.Equal(401, await PostAsync(Signed(sender, Sender().Id, content)));
        Assert.Equal(401, await PostAsync(Signed(new PeerIdentity(Town.NewKey(), Town.Network), sender.Id, "{\"kind\":\"ping\"}"u8.ToArray())));
    }

    [Fact]
    public async Task Content_that_was_changed_on_the_way_is_refused()
    {
        var text = Encoding.UTF8.GetString(Message(Sender()));
        Assert.Equal(401, await PostAsync(Encoding.UTF8.GetBytes(text.Replace("\"ping\"", "\"leave\"", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_record_that_its_operator_did_not_sign_is_refused()
    {
        var key = Town.NewKey();
        var forged = new PeerRecord(new HexBytes(key.PublicKey.Span), _peer.Operator.Address, 1, "http://127.0.0.1:1", 1, ulong.MaxValue);
        var record = System.Text.Json.JsonSerializer.Serialize(Town.NewKey().Sign(forged, Town.Network), ProtocolJson.Options);
        var sender = new PeerIdentity(key, Town.Network);
        Assert.Equal(400, await PostAsync(Signed(sender, sender.Id, Encoding.UTF8.GetBytes($"{{\"peer\":{record},\"kind\":\"ping\"}}"))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"head\":{},\"content\":{}}")]
    [InlineData("{\"head\":null,\"content\":{}}")]
    [InlineData("{\"head\":{\"message\":null,\"signature\":\"0x\"},\"content\":{}}")]
    public async Task What_is_no_message_is_refused(string body) => Assert.Equal(400, await PostAsync(Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("{\"kind\":\"dance\"}")]
    [InlineData("{}")]
    [InlineData("{\"kind\":7}")]
    [InlineData("{\"kind\":\"find-peers\"}")]
    [InlineData("{\"kind\":\"find-peers\",\"target\":\"0x12\"}")]
    [InlineData("{\"kind\":\"find-adverts\",\"key\":\"0x0000000000000000000000000000000000000000000000000000000000000000\"}")]
    [InlineData("{\"kind\":\"store\",\"key\":\"0x0000000000000000000000000000000000000000000000000000000000000000\",\"adverts\":[{}]}")]
    [InlineData("{\"kind\":\"store\",\"key\":\"0x0000000000000000000000000000000000000000000000000000000000000000\",\"adverts\":[{\"gateway\":{\"message\":null,\"signature\":null}}]}")]
    [InlineData("{\"kind\":\"ping\",\"peer\":null}")]
    [InlineData("{\"kind\":\"ping\",\"peer\":{\"message\":null}}")]
    public async Task A_signed_message_that_makes_no_sense_is_refused(string content)
    {
        var sender = new PeerIdentity(Town.NewKey(), Town.Network);
        Assert.Equal(400, await PostAsync(Signed(sender, sender.Id, Encoding.UTF8.GetBytes(content))));
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_refused_whether_it_says_so_or_not()
    {
        var large = new byte[Wire.MaxBytes + 1];
        Assert.Equal(413, await PostAsync(large));
        using var chunked = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new ByteArrayContent(large) };
        chunked.Headers.TransferEncodingChunked = true;
        Assert.Equal(413, (int)(await _http.SendAsync(chunked)).StatusCode);
    }

    [Fact]
    public async Task Whatever_comes_the_answer_is_no_stack_trace_and_the_peer_goes_on()
    {
        var random = new Random(7);
        var good = Message(Sender());
        for (var i = 0; i < 200; i++)
        {
            var broken = (byte[])good.Clone();
            broken[random.Next(broken.Length)] = (byte)random.Next(256);
            using var answer = await _http.PostAsync(Url, new ByteArrayContent(broken));
            Assert.True((int)answer.StatusCode is 200 or 400 or 401 or 409 or 421, $"{answer.StatusCode} at {i}");
            Assert.DoesNotContain("   at ", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(200, await PostAsync(Message(Sender())));
    }

    private Uri Url => new(_peer.Contact.Url + Wire.Path);

    private static PeerIdentity Sender() => new(Town.NewKey(), Town.NewKey(), Town.Network, new Uri("http://127.0.0.1:1"), PeerIdentity.LongestLife);

    private static byte[] Content(PeerIdentity sender) => new ContentWriter(new VerifiedRecords(Town.Network)).Write(sender.At(Town.Now), Ping).ToArray();

    private byte[] Message(PeerIdentity sender, PeerId? to = null, long shift = 0) => Signed(sender, sender.Id, Content(sender), to, shift);

    private byte[] Signed(PeerIdentity signer, PeerId from, byte[] content, PeerId? to = null, long shift = 0)
    {
        var call = new DiscoveryCall(
            from, to ?? _peer.Peer.Id, (ulong)((long)Town.Now + shift), new Hash32(RandomNumberGenerator.GetBytes(32)), Keccak256.Of(content));
        return SignedEnvelope<DiscoveryCall>.Write(signer.Sign(call), content);
    }

    private async Task<int> PostAsync(byte[] message)
    {
        using var answer = await _http.PostAsync(Url, new ByteArrayContent(message));
        return (int)answer.StatusCode;
    }
}

/// <summary>How much one source may send, and how long a request is remembered.</summary>
public sealed class LimitTests
{
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Elapsed { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Elapsed.Ticks;
    }

    [Fact]
    public void A_source_gets_its_rate_and_others_are_not_held_up_by_it()
    {
        var clock = new Clock();
        var rates = new SourceRates(10, clock);
        var (loud, quiet) = (IPAddress.Parse("93.184.216.34"), IPAddress.Parse("1.1.1.1"));
        Assert.Equal(40, Enumerable.Range(0, 100).Count(_ => rates.Take(loud)));
        Assert.False(rates.Take(IPAddress.Parse("93.184.216.99")));
        Assert.True(rates.Take(quiet));
        clock.Elapsed = TimeSpan.FromSeconds(1);
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => rates.Take(loud)));
    }

    [Fact]
    public void Sources_without_number_take_bounded_memory_and_new_ones_are_served()
    {
        var rates = new SourceRates(10, new Clock());
        for (var i = 0; i < 20_000; i++)
        {
            Assert.True(rates.Take(new IPAddress([11, (byte)(i >> 8), (byte)(i & 255), 1])));
        }

        Assert.True(rates.Take(IPAddress.Parse("2606:4700:4700::1111")));
    }

    [Fact]
    public void A_request_is_remembered_for_as_long_as_it_would_be_believed()
    {
        var memory = new NonceMemory(3);
        var (from, nonce) = (new PeerId(Keccak256.Of([1])), Keccak256.Of([2]));
        Assert.True(memory.Add(from, nonce, 1_000_000));
        Assert.False(memory.Add(from, nonce, 1_000_001));
        Assert.True(memory.Add(new PeerId(nonce), nonce, 1_000_002));
        Assert.False(memory.Add(from, nonce, 1_119_999));
        Assert.False(memory.Add(from, nonce, 1_120_001));
        Assert.True(memory.Add(from, nonce, 1_360_001));
    }

    [Fact]
    public void A_full_memory_takes_nothing_new_and_forgets_nothing()
    {
        var memory = new NonceMemory(2);
        var from = new PeerId(Keccak256.Of([1]));
        Assert.True(memory.Add(from, Keccak256.Of([2]), 1_000_000));
        Assert.True(memory.Add(from, Keccak256.Of([3]), 1_000_000));
        Assert.Null(memory.Add(from, Keccak256.Of([4]), 1_000_000));
        Assert.False(memory.Add(from, Keccak256.Of([2]), 1_000_000));
        Assert.True(memory.Add(from, Keccak256.Of([4]), 1_120_000));
    }
}
