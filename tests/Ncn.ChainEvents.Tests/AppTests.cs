using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Dapr.Actors.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Ncn.ChainEvents.Hosting;
using Ncn.Hosting;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>The app as it is composed, over HTTP.</summary>
[Collection(Ground.Name)]
public sealed class AppTests(Ground ground)
{
    [Fact]
    public async Task The_operator_settles_and_sees_transactions_and_amounts()
    {
        await using var app = await RunningApp.StartAsync(ground);
        var client = await ground.Chain.NewPartyAsync(1);
        var config = client.ChannelTo(app.Gateway);
        await client.FundAsync(config, LocalChain.Dollar);
        app.Actors.Subnet.Channels.Add(client.IdOf(config));
        app.Actors.Channel(client.IdOf(config)).Serve(1, client.Promise(config, 321, 321).Voucher, new TokenAmount(321));

        using var answer = await app.SettleAsync("secret");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var report = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var claim = Assert.Single(report.GetProperty("claims").EnumerateArray());
        Assert.Equal("321", claim.GetProperty("amount").GetString());
        Assert.Equal(66, claim.GetProperty("transaction").GetString()!.Length);
        Assert.Equal(client.IdOf(config).ToString(), Assert.Single(claim.GetProperty("channels").EnumerateArray()).GetString());
        Assert.Equal("321", report.GetProperty("settled").GetString());
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData(null)]
    public async Task Nobody_else_settles(string? token)
    {
        await using var app = await RunningApp.StartAsync(ground);
        using var answer = await app.SettleAsync(token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Without_the_registry_the_operator_is_told_so()
    {
        await using var app = await RunningApp.StartAsync(ground);
        app.Actors.Unreachable = true;
        using var answer = await app.SettleAsync("secret");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("registry", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_configured_token_the_endpoint_is_closed()
    {
        await using var app = await RunningApp.StartAsync(ground, ("Ncn:Operator:Token", ""));
        using var answer = await app.SettleAsync("");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task It_is_healthy_and_ready()
    {
        await using var app = await RunningApp.StartAsync(ground);
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("readyz")).StatusCode);
    }

    [Fact]
    public async Task On_another_chain_it_is_not_ready()
    {
        await using var app = await RunningApp.StartAsync(ground, ("Ncn:Chain:ChainId", "42161"));
        using var answer = await app.Client.GetAsync("readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("chain 412346", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_settings_stop_the_start()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => RunningApp.StartAsync(ground, ("Ncn:ChainEvents:NodeFloat", "1")));
        Assert.Contains("NodeFloat", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The app of Program.cs, with actors in memory and a port that the system chose.</summary>
    private sealed class RunningApp : IAsyncDisposable
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

        internal LedgerActors Actors { get; }

        internal HttpClient Client { get; }

        internal static async Task<RunningApp> StartAsync(Ground ground, params (string Key, string Value)[] changes)
        {
            var gateway = await ground.Chain.NewPartyAsync(0);
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
            return new RunningApp(host, gateway, actors, keyFile, bus);
        }

        internal Task<HttpResponseMessage> SettleAsync(string? token)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "ncn/v1/settlement/run");
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
            ["Ncn:Gateway:KeyFile"] = keyFile,
            ["Ncn:Operator:Token"] = "secret",
            ["Ncn:Tables"] = ground.Tables,
            ["Ncn:ServiceBus"] = bus,
        };
    }
}
