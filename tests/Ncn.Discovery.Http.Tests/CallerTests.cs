using System.Net;
using System.Text;
using Ncn.Discovery.Http.Envelope;
using Ncn.Discovery.Http.Transport;
using Ncn.Hosting.Outbound;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Discovery.Http.Tests;

/// <summary>Which answers a peer believes, and where it connects.</summary>
public sealed class CallerTests
{
    private static readonly DiscoveryRequest Ping = DiscoveryRequest.Ping.Instance;

    [Fact]
    public async Task The_answer_of_the_peer_itself_is_believed()
    {
        await using var one = await Citizen.StartAsync();
        await using var two = await Citizen.StartAsync();
        var (peer, answer) = await one.Caller.AskAsync(two.Contact, Ping, default);
        Assert.Equal((two.Peer.Id, true), (peer.Id, answer is DiscoveryAnswer.Pong));
        Assert.True(peer.Block.IsExempt);
    }

    [Fact]
    public async Task Another_peer_at_the_address_is_not_believed()
    {
        await using var one = await Citizen.StartAsync();
        await using var impostor = await Citizen.StartAsync();
        var named = Identity(impostor.Server!.Port);
        await Assert.ThrowsAsync<PeerCallException>(() => one.Caller.AskAsync(named.At(Town.Now)!, Ping, default));
    }

    [Fact]
    public async Task An_answer_to_another_request_is_not_believed_whoever_signed_it()
    {
        await using var one = await Citizen.StartAsync();
        PeerIdentity? self = null;
        byte[]? first = null;
        using var server = new Staged(message => Staged.Ok(first ??= Reply(self!, message)));
        self = Identity(server.Port);
        var contact = self.At(Town.Now)!;
        Assert.IsType<DiscoveryAnswer.Pong>((await one.Caller.AskAsync(contact, Ping, default)).Answer);
        await Assert.ThrowsAsync<PeerCallException>(() => one.Caller.AskAsync(contact, Ping, default));
    }

    [Fact]
    public async Task An_answer_that_was_changed_on_the_way_is_not_believed()
    {
        await using var one = await Citizen.StartAsync();
        PeerIdentity? self = null;
        using var server = new Staged(message => Staged.Ok(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Reply(self!, message)).Replace("\"pong\"", "\"poNg\"", StringComparison.Ordinal))));
        self = Identity(server.Port);
        await Assert.ThrowsAsync<PeerCallException>(() => one.Caller.AskAsync(self.At(Town.Now)!, Ping, default));
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nlocation: {0}\r\ncontent-length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 307 Temporary Redirect\r\nlocation: {0}\r\ncontent-length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task Redirects_and_what_is_no_answer_lead_nowhere(string answer)
    {
        await using var one = await Citizen.StartAsync();
        await using var inside = await Citizen.StartAsync();
        using var server = new Staged(_ => Encoding.ASCII.GetBytes(string.Format(System.Globalization.CultureInfo.InvariantCulture, answer, inside.Contact.Url + Wire.Path)));
        await Assert.ThrowsAsync<PeerCallException>(() => one.Caller.AskAsync(Identity(server.Port).At(Town.Now)!, Ping, default));
        Assert.Equal(1, server.Calls);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_is_not_read()
    {
        await using var one = await Citizen.StartAsync();
        using var server = new Staged(static _ => Staged.Ok(new byte[Wire.MaxBytes + 1]));
        await Assert.ThrowsAsync<PeerCallException>(() => one.Caller.AskAsync(Identity(server.Port).At(Town.Now)!, Ping, default));
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_is_waited_for_no_longer_than_the_deadline()
    {
        await using var one = await Citizen.StartAsync();
        using var server = new Staged(static _ => null);
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one.Caller.AskAsync(Identity(server.Port).At(Town.Now)!, Ping, patience.Token));
    }

    [Theory]
    [InlineData("http://127.0.0.1:{0}", "127.0.0.1", false, false)]
    [InlineData("http://localhost:{0}", "127.0.0.1", false, false)]
    [InlineData("http://inside.example:{0}", "10.0.0.1", true, false)]
    [InlineData("http://169.254.169.254:{0}", "169.254.169.254", true, false)]
    [InlineData("http://plain.example:{0}", "93.184.216.34", true, false)]
    [InlineData("http://plain.example:{0}", "93.184.216.34", true, true)]
    public async Task A_peer_at_an_address_that_is_not_allowed_is_not_connected_to(string url, string address, bool allowLoopback, bool allowPrivate)
    {
        using var server = new Staged(static _ => Staged.Ok([]));
        var self = new PeerIdentity(Town.NewKey(), Town.Network);
        using var caller = new PeerCaller(
            self, new AddressRules(allowLoopback, allowPrivate), TimeProvider.System, new VerifiedRecords(Town.Network), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(address)]));
        var named = new Uri(string.Format(System.Globalization.CultureInfo.InvariantCulture, url, server.Port));
        var peer = new PeerIdentity(Town.NewKey(), Town.NewKey(), Town.Network, named, PeerIdentity.LongestLife).At(Town.Now)!;
        var failed = await Assert.ThrowsAsync<PeerCallException>(() => caller.AskAsync(peer, Ping, default));
        Assert.IsType<AddressRefusedException>(failed.InnerException!.InnerException);
        await Assert.ThrowsAsync<PeerCallException>(() => caller.IntroduceAsync(named, default));
        Assert.Equal(0, server.Calls);
    }

    [Fact]
    public async Task A_bad_record_among_good_ones_spoils_only_itself()
    {
        await using var one = await Citizen.StartAsync();
        await using var other = await Citizen.StartAsync();
        PeerIdentity? self = null;
        var good = Encoding.UTF8.GetString(new VerifiedRecords(Town.Network).BytesOf(other.Contact));
        using var server = new Staged(message => Staged.Ok(Reply(self!, message, $"\"kind\":\"peers\",\"peers\":[7,{good},{{}},{good.Replace("\"sequence\":", "\"sequence\":1", StringComparison.Ordinal)}]")));
        self = Identity(server.Port);
        var peers = (DiscoveryAnswer.Peers)(await one.Caller.AskAsync(self.At(Town.Now)!, new DiscoveryRequest.FindPeers(default), default)).Answer;
        Assert.Equal(other.Peer.Id, Assert.Single(peers.Closest).Id);
    }

    private static PeerIdentity Identity(int port) => new(Town.NewKey(), Town.NewKey(), Town.Network, new Uri($"http://127.0.0.1:{port}"), PeerIdentity.LongestLife);

    private static byte[] Reply(PeerIdentity self, byte[] message, string body = "\"kind\":\"pong\"")
    {
        using var call = SignedEnvelope<DiscoveryCall>.Read(message);
        var record = Encoding.UTF8.GetString(new VerifiedRecords(Town.Network).BytesOf(self.At(Town.Now)!));
        var content = Encoding.UTF8.GetBytes($"{{\"peer\":{record},{body}}}");
        return SignedEnvelope<DiscoveryReply>.Write(self.Sign(new DiscoveryReply(self.Id, call.Head.Message.StructHash(), Keccak256.Of(content))), content);
    }
}
