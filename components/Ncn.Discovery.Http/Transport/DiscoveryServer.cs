using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Ncn.Hosting;
using Ncn.Protocol;

namespace Ncn.Discovery.Http.Transport;

/// <summary>The public port of a peer: a web server of its own, which answers the discovery protocol and nothing else.</summary>
/// <remarks><c>POST /ncn/v1/discovery</c> takes a signed message; <c>GET</c> there gives the peer's own record to who knows only the URL.</remarks>
public sealed class DiscoveryServer : IAsyncDisposable
{
    private static readonly BodyRules Pace = new() { Grace = TimeSpan.FromSeconds(2), BytesPerSecond = 16 * 1024, Longest = TimeSpan.FromSeconds(5) };
    private readonly WebApplication _app;
    private PeerDesk? _desk;
    private Func<Contact?>? _self;

    private DiscoveryServer(IPAddress address, int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => Configure(server, address, port));
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Where it listens: the system may have chosen the port.</summary>
    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    /// <summary>Binds the port; until <see cref="Open"/> it answers 503, since a peer's record needs the port first.</summary>
    public static async Task<DiscoveryServer> ListenAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var server = new DiscoveryServer(address, port);
        try
        {
            await server._app.StartAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Serves a peer from now on.</summary>
    /// <param name="peer">Whom the messages are for.</param>
    /// <param name="identity">Its keys.</param>
    /// <param name="requestsPerSecond">That one address block may send.</param>
    /// <param name="time">Its clock.</param>
    public void Open(DiscoveryPeer peer, PeerIdentity identity, int requestsPerSecond, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(identity);
        _self = () => peer.Self;
        Volatile.Write(ref _desk, new PeerDesk(identity, new Envelope.VerifiedRecords(identity.Network), peer.Answer, new DeskLimits(requestsPerSecond), time));
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static void Configure(KestrelServerOptions server, IPAddress address, int port)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = Wire.MaxBytes;
        server.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        server.Limits.MaxRequestHeaderCount = 32;
        server.Limits.MaxConcurrentConnections = 4_096;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        server.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        server.Listen(address, port, static endpoint => endpoint.Protocols = HttpProtocols.Http1);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path != Wire.Path || Volatile.Read(ref _desk) is not { } desk)
        {
            http.Response.StatusCode = http.Request.Path == Wire.Path ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status404NotFound;
            return;
        }

        if (desk.Admit(http.Connection.RemoteIpAddress) is { } refusal)
        {
            await RefuseAsync(http, refusal);
        }
        else if (HttpMethods.IsGet(http.Request.Method))
        {
            await http.Response.WriteAsJsonAsync(_self!()?.Record, ProtocolJson.Options, http.RequestAborted);
        }
        else if (HttpMethods.IsPost(http.Request.Method))
        {
            await TakeAsync(http, desk);
        }
        else
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        }
    }

    private static async Task TakeAsync(HttpContext http, PeerDesk desk)
    {
        byte[]? body;
        try
        {
            body = await BoundedBody.ReadAsync(http.Request, Wire.MaxBytes, Pace, TimeProvider.System, http.RequestAborted);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException malformed)
        {
            await RefuseAsync(http, new DeskRefusal(malformed.StatusCode, "bad_request", malformed.Message));
            return;
        }

        if (body is null)
        {
            await RefuseAsync(http, new DeskRefusal(StatusCodes.Status413PayloadTooLarge, "too_large", $"A message has at most {Wire.MaxBytes} bytes."));
            return;
        }

        var (answer, refusal) = desk.Serve(body);
        if (refusal is not null)
        {
            await RefuseAsync(http, refusal);
            return;
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = answer!.Length;
        await http.Response.Body.WriteAsync(answer, http.RequestAborted);
    }

    private static Task RefuseAsync(HttpContext http, DeskRefusal refusal)
    {
        http.Response.StatusCode = refusal.Status;
        return http.Response.WriteAsJsonAsync(
            new { type = "about:blank", title = refusal.Code, status = refusal.Status, detail = refusal.Message },
            JsonSerializerOptions.Web, "application/problem+json", http.RequestAborted);
    }
}
