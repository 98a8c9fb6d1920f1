using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Ncn.Consensus.Http.Connecting;

/// <summary>The public port of a validator: a web server of its own, which other validators open WebSockets at and which answers nothing else.</summary>
internal sealed class LinkServer : IAsyncDisposable
{
    /// <summary>Where, under a validator's URL.</summary>
    internal const string Path = "/ncn/v1/validators/link";

    /// <summary>A connection that is silent so long is asked whether it is there, and ends when it does not say so in as much again.</summary>
    internal static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly Strangers _strangers;
    private readonly Func<WebSocket, Action, CancellationToken, Task> _serve;

    private LinkServer(IPAddress address, int port, LinkLimits limits, Func<WebSocket, Action, CancellationToken, Task> serve)
    {
        (_strangers, _serve) = (new Strangers(limits), serve);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore()
            .UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true) // no other thread is woken between the socket and the reader
            .ConfigureKestrel(server => Configure(server, address, port));
        _app = builder.Build();
        _app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = KeepAlive, KeepAliveTimeout = KeepAlive });
        _app.Run(AnswerAsync);
    }

    /// <summary>Where it listens: the system may have chosen the port.</summary>
    internal int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    /// <param name="serve">Has the socket of a stranger until it ends; calls the action when it is one no more.</param>
    internal static async Task<LinkServer> ListenAsync(IPAddress address, int port, LinkLimits limits, Func<WebSocket, Action, CancellationToken, Task> serve, CancellationToken cancellationToken)
    {
        var server = new LinkServer(address, port, limits, serve);
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

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static void Configure(KestrelServerOptions server, IPAddress address, int port)
    {
        server.AddServerHeader = false;
        server.Limits.MaxRequestBodySize = 0;
        server.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        server.Limits.MaxRequestHeaderCount = 32;
        server.Limits.MaxConcurrentConnections = 1_024;
        server.Limits.MaxConcurrentUpgradedConnections = 512;
        server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        server.Listen(address, port, static endpoint => endpoint.Protocols = HttpProtocols.Http1);
    }

    private async Task AnswerAsync(HttpContext http)
    {
        if (http.Request.Path != Path || !http.WebSockets.IsWebSocketRequest)
        {
            http.Response.StatusCode = http.Request.Path == Path ? StatusCodes.Status426UpgradeRequired : StatusCodes.Status404NotFound;
            return;
        }

        if (_strangers.Enter(http.Connection.RemoteIpAddress) is not { } leave)
        {
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return;
        }

        try
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            await _serve(socket, leave, http.RequestAborted);
        }
        finally
        {
            leave();
        }
    }
}
