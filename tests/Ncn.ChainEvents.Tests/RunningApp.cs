using System.Net.Http.Headers;
using Dapr.Actors.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Ncn.ChainEvents.Hosting;
using Ncn.ChainEvents.Pump;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>The app of Program.cs, with actors in memory and a port that the system chose.</summary>
internal sealed class RunningApp : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly string _keyFile;
    private readonly Bus _bus;

    private RunningApp(IHost host, Party gateway, LedgerActors actors, string keyFile, Bus bus)
    {
        (_host, Gateway, Actors, _keyFile, _bus) = (host, gateway, actors, keyFile, bus);
        var address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Client = new HttpClient { BaseAddress = new Uri(address) };
    }

    internal Party Gateway { get; }

    /// <summary>Where the operator has stake: its home.</summary>
    internal SubnetId Subnet { get; private init; }

    internal LedgerActors Actors { get; }

    internal HttpClient Client { get; }

    internal string BusConnection => _bus.ConnectionString;

    internal OperatorAccount Account => _host.Services.GetRequiredService<OperatorAccount>();

    /// <summary>Waits until the app has read the newest block: a view can be newer than what was read, and nobody hears that a block is gone that was never read.</summary>
    internal async Task CatchUpAsync(LocalChain chain)
    {
        var head = await chain.ReadHeadAsync();
        var cursors = _host.Services.GetRequiredService<ChainCursorStore>();
        await Eventually.TrueAsync($"block {head} was read", async () => (await cursors.ReadAsync(CancellationToken.None)).Cursor.Next > head);
    }

    internal static async Task<RunningApp> StartAsync(Ground ground, params (string Key, string Value)[] changes)
    {
        var gateway = await ground.Chain.NewPartyAsync(0);
        var subnet = await Stakeholder.StakeAsync(ground.Chain, gateway);
        var keyFile = WriteKey(gateway.Key);
        var bus = await Bus.StartAsync();
        var builder = FunctionsApplication.CreateBuilder(["--applicationName", "Ncn.ChainEvents", "--urls", "http://127.0.0.1:0"]);
        builder.Configuration.AddInMemoryCollection(Settings(ground, keyFile, bus.ConnectionString));
        builder.Configuration.AddInMemoryCollection(changes.Select(change => KeyValuePair.Create(change.Key, (string?)change.Value)));
        builder.ConfigureFunctionsWebApplication();
        builder.AddNcnDefaults();
        builder.AddChainEvents();
        builder.Logging.ClearProviders();
        var actors = new LedgerActors();
        builder.Services.AddSingleton<IActorProxyFactory>(actors);
        var host = builder.Build();
        await host.StartAsync();
        return new RunningApp(host, gateway, actors, keyFile, bus) { Subnet = subnet };
    }

    internal Task<HttpResponseMessage> SettleAsync(string? token) => AskAsync(HttpMethod.Post, "ncn/v1/settlement/run", token);

    internal Task<HttpResponseMessage> ReadSettlementAsync(string? token) => AskAsync(HttpMethod.Get, "ncn/v1/settlement", token);

    private Task<HttpResponseMessage> AskAsync(HttpMethod method, string path, string? token)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return Client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _host.StopAsync();
        _host.Dispose();
        File.Delete(_keyFile);
        await _bus.DisposeAsync();
    }

    private static string WriteKey(string key)
    {
        // A temporary file is readable by its owner alone, as a key file must be.
        var path = Path.GetTempFileName();
        File.WriteAllText(path, key);
        return path;
    }

    private static Dictionary<string, string?> Settings(Ground ground, string keyFile, string bus) => new()
    {
        ["Ncn:Chain:Rpc"] = ground.Chain.Settings.Rpc.ToString(),
        ["Ncn:Chain:ChainId"] = "412346",
        ["Ncn:Chain:Token"] = ground.Chain.Settings.Token.ToString(),
        ["Ncn:Chain:InferencePayment"] = ground.Chain.Settings.InferencePayment.ToString(),
        ["Ncn:Chain:ValidatorRegistry"] = ground.Chain.Settings.ValidatorRegistry.ToString(),
        ["Ncn:ChainEvents:Subnets"] = "1",
        // What is claimed when is a test's to say, and not the next full minute's.
        ["AzureWebJobs.ClaimVouchers.Disabled"] = "true",
        ["Ncn:Gateway:KeyFile"] = keyFile,
        ["Ncn:Operator:Token"] = "secret",
        ["Ncn:Tables"] = ground.Tables,
        ["Ncn:ServiceBus"] = bus,
    };
}
