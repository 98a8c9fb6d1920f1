using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ncn.Cli.Proxy;

/// <summary>Kestrel on loopback around the proxy.</summary>
internal static class ProxyHost
{
    /// <summary>How long requests may go on after the signal to stop.</summary>
    private static readonly TimeSpan ShutdownLimit = TimeSpan.FromSeconds(2);

    /// <summary>Builds the server; the caller starts it. <paramref name="paying"/> sends and pays, <paramref name="asking"/> only asks.</summary>
    /// <param name="accountSecret">What callers' credentials are replaced with is derived from it.</param>
    public static WebApplication Build(int port, IReadOnlyList<Uri> gateways, HttpClient paying, HttpClient asking, byte[] accountSecret)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = PayingProxy.MaxBodyBytes;
            kestrel.AddServerHeader = false;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownLimit);
        var app = builder.Build();
        var directory = new GatewayDirectory(gateways, asking, TimeProvider.System);
        app.Lifetime.ApplicationStopped.Register(directory.Dispose);
        var proxy = new PayingProxy(directory, new Forwarder(paying, accountSecret));
        app.MapGet("/healthz", () => Results.Text("Healthy"));
        app.Map("/v1/{**rest}", proxy.HandleAsync);
        app.Map("/v2/{**rest}", proxy.HandleAsync);
        return app;
    }
}
