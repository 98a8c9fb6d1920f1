using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;
using Ncn.Serving.Hosting;
using Ncn.Serving.Outbound;

namespace Ncn.Serving.Tests.Outbound;

/// <summary>What a client cannot make a gateway call.</summary>
public sealed class OutboundGuardTests
{
    private static readonly IPAddress Public = IPAddress.Parse("93.184.216.34");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("hooks")]
    [InlineData("/hooks")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://example.com/")]
    [InlineData("gopher://example.com/")]
    [InlineData("http://example.com/")]
    [InlineData("https://user:word@example.com/")]
    [InlineData("https://example.com/#part")]
    [InlineData("https://example.com:22/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://127.1/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://017700000001/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    public async Task Url_that_must_not_be_called_is_refused_with_the_member_that_names_it(string? url)
    {
        using var guard = Guard(Public);
        var refused = await Assert.ThrowsAsync<ApiException>(() => guard.RequireAsync(url, "webhook.url", default));
        Assert.Equal((400, "invalid_url", "webhook.url"), (refused.Error.Status, refused.Error.Code, refused.Error.Parameter));
    }

    [Fact]
    public async Task Url_that_is_too_long_is_refused()
    {
        using var guard = Guard(Public);
        await Assert.ThrowsAsync<ApiException>(() => guard.RequireAsync("https://example.com/" + new string('a', 2048), "url", default));
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("::1")]
    public async Task Name_with_one_address_inside_is_refused_and_the_address_not_told(string inside)
    {
        using var guard = Guard(Public, IPAddress.Parse(inside));
        var refused = await Assert.ThrowsAsync<ApiException>(() => guard.RequireAsync("https://internal.example/", "url", default));
        Assert.DoesNotContain(inside, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_that_nobody_knows_is_refused()
    {
        using var guard = new OutboundGuard(Options.Create(new OutboundOptions()), static (_, _) => throw new SocketException((int)SocketError.HostNotFound));
        Assert.Contains("cannot be found", (await Assert.ThrowsAsync<ApiException>(() => guard.RequireAsync("https://nobody.example/", "url", default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Public_name_is_allowed_with_its_port_and_path()
    {
        using var guard = Guard(Public);
        Assert.Equal(new Uri("https://hooks.example:8443/a?b=c"), await guard.RequireAsync("https://hooks.example:8443/a?b=c", "url", default));
    }

    [Fact]
    public async Task Name_that_points_inside_after_the_check_reaches_nobody()
    {
        using var inside = new Server("secret");
        var answers = new Queue<IPAddress>([Public, IPAddress.Loopback]);
        using var guard = new OutboundGuard(Options.Create(new OutboundOptions { AllowPlain = true }), (_, _) => Task.FromResult<IPAddress[]>([answers.Dequeue()]));
        var url = await guard.RequireAsync($"http://rebound.example:{inside.Port}/", "url", default);
        var failed = await Assert.ThrowsAsync<HttpRequestException>(() => guard.Client.GetAsync(url));
        Assert.Contains("not on the public internet", failed.InnerException!.Message, StringComparison.Ordinal);
        Assert.Equal(0, inside.Calls);
    }

    [Fact]
    public async Task Loopback_is_called_when_it_is_allowed_and_by_name_too()
    {
        using var server = new Server("hello");
        using var guard = new OutboundGuard(Options.Create(new OutboundOptions { AllowLoopback = true }), static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        var url = await guard.RequireAsync($"http://hooks.localhost:{server.Port}/", "url", default);
        Assert.Equal("hello", await guard.Client.GetStringAsync(url));
        await Assert.ThrowsAsync<ApiException>(() => guard.RequireAsync("http://10.0.0.1/", "url", default));
    }

    [Fact]
    public async Task Plain_address_elsewhere_is_refused_where_only_loopback_may_be_plain()
    {
        using var guard = new OutboundGuard(Options.Create(new OutboundOptions { AllowLoopback = true }), static (_, _) => Task.FromResult<IPAddress[]>([Public]));
        Assert.Contains("TLS", (await Assert.ThrowsAsync<ApiException>(() => guard.RequireAsync("http://example.com/", "url", default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirect_is_not_followed()
    {
        using var server = new Server(string.Empty, "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
        using var guard = new OutboundGuard(Options.Create(new OutboundOptions { AllowLoopback = true }));
        using var answer = await guard.Client.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/"));
        Assert.Equal((HttpStatusCode.Found, 1), (answer.StatusCode, server.Calls));
    }

    [Fact]
    public async Task Answer_is_bounded()
    {
        using var server = new Server(new string('a', 4096));
        using var guard = new OutboundGuard(Options.Create(new OutboundOptions { AllowLoopback = true, MaxAnswerBytes = 1024 }));
        await Assert.ThrowsAsync<HttpRequestException>(() => guard.Client.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/")));
    }

    private static OutboundGuard Guard(params IPAddress[] addresses) => new(Options.Create(new OutboundOptions()), (_, _) => Task.FromResult(addresses));

    /// <summary>Answers every connection once, in the same words.</summary>
    private sealed class Server : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private int _calls;

        public Server(string body, string? answer = null)
        {
            _listener.Start();
            _ = ServeAsync(answer ?? $"HTTP/1.1 200 OK\r\ncontent-length: {body.Length}\r\nconnection: close\r\n\r\n{body}");
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Calls => Volatile.Read(ref _calls);

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string answer)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    Interlocked.Increment(ref _calls);
                    var stream = client.GetStream();
                    var read = await stream.ReadAsync(new byte[4096]);
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(read > 0 ? answer : string.Empty));
                }
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException or IOException)
            {
                // The test is over.
            }
        }
    }
}
