using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Ncn.FunctionsStandIns.Tests;

/// <summary>The functions of this assembly, served on a port that the system chose.</summary>
internal sealed class RunningApp : IAsyncDisposable
{
    private RunningApp(IHost host)
    {
        Host = host;
        var address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Client = new HttpClient { BaseAddress = new Uri(address) };
    }

    public IHost Host { get; }

    public HttpClient Client { get; }

    public static FunctionsApplicationBuilder Builder(params string[] args)
    {
        var builder = FunctionsApplication.CreateBuilder(
            ["--applicationName", typeof(RunningApp).Assembly.GetName().Name!, "--urls", "http://127.0.0.1:0", "--EveryFiveSeconds", "*/5 * * * * *", "--StaticRoute", "plain/static", .. args]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimerLog>();
        builder.Services.AddSingleton<CallLog>();
        builder.Services.AddScoped<ScopedThing>();
        return builder;
    }

    public static async Task<RunningApp> StartAsync(Action<FunctionsApplicationBuilder>? configure = null)
    {
        var builder = Builder();
        builder.ConfigureFunctionsWebApplication();
        configure?.Invoke(builder);
        var host = builder.Build();
        await host.StartAsync();
        return new RunningApp(host);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.StopAsync();
        Host.Dispose();
    }
}
