using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Ncn.GatewayStream.Listening;

namespace Ncn.GatewayStream.Tests.Listening;

/// <summary>One port without TLS takes HTTP/1.1, WebSocket and HTTP/2, by what the connection says first.</summary>
public sealed class OnePortTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private WebApplication app = null!;

    private Uri Address { get; set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AllowAlternateSchemes = true;
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.UseBothProtocols());
        });
        app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/protocol", static http => http.Response.WriteAsync($"{http.Request.Protocol} {http.Request.Scheme}"));
        app.MapPost("/echo", static async http => await http.Request.Body.CopyToAsync(http.Response.Body));
        app.MapGet("/socket", EchoAsync);
        await app.StartAsync();
        Address = new Uri(app.Urls.Single());
    }

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_is_answered_in_the_protocol_that_it_speaks(string version)
    {
        using var client = Client(Version.Parse(version));
        Assert.Equal($"HTTP/{version.TrimEnd('0').TrimEnd('.')} http", await client.GetStringAsync(new Uri(Address, "protocol")));
        using var body = new ByteArrayContent(new byte[100_000]);
        using var answer = await client.PostAsync(new Uri(Address, "echo"), body);
        Assert.Equal(100_000, (await answer.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task Both_protocols_and_a_socket_are_served_side_by_side()
    {
        using var limit = new CancellationTokenSource(Limit);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(new Uri(Address, "socket")) { Scheme = "ws" }.Uri, limit.Token);
        using var second = Client(HttpVersion.Version20);
        using var first = Client(HttpVersion.Version11);
        Assert.Equal("HTTP/2 http", await second.GetStringAsync(new Uri(Address, "protocol"), limit.Token));
        Assert.Equal("HTTP/1.1 http", await first.GetStringAsync(new Uri(Address, "protocol"), limit.Token));
        await socket.SendAsync("over the socket"u8.ToArray(), WebSocketMessageType.Text, true, limit.Token);
        var buffer = new byte[64];
        var echoed = await socket.ReceiveAsync(buffer, limit.Token);
        Assert.Equal("over the socket", Encoding.UTF8.GetString(buffer, 0, echoed.Count));
    }

    [Fact]
    public async Task A_preface_that_comes_byte_by_byte_is_still_http_2()
    {
        using var limit = new CancellationTokenSource(Limit);
        using var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(IPAddress.Loopback, Address.Port, limit.Token);
        var stream = tcp.GetStream();
        foreach (var part in OnePort.Preface.ToArray())
        {
            await stream.WriteAsync(new[] { part }, limit.Token);
        }

        // The client's SETTINGS frame: empty. The server answers with its own: type 4 in the fourth byte.
        await stream.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 }, limit.Token);
        var answer = new byte[9];
        await stream.ReadExactlyAsync(answer, limit.Token);
        Assert.Equal(4, answer[3]);
    }

    [Theory]
    [InlineData("P", null)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r", null)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore", true)]
    [InlineData("POST / HTTP/1.1\r\n", false)]
    [InlineData("PRI * HTTP/2.1\r\n", false)]
    [InlineData("", null)]
    public void A_beginning_tells_as_soon_as_it_can(string bytes, bool? expected) =>
        Assert.Equal(expected, OnePort.Judge(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(bytes))));

    private static HttpClient Client(Version version) => new() { DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

    private static async Task EchoAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[64];
        var message = await socket.ReceiveAsync(buffer, http.RequestAborted);
        await socket.SendAsync(buffer.AsMemory(0, message.Count), WebSocketMessageType.Text, true, http.RequestAborted);
    }
}
