using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Chain;
using Ncn.Hosting.Metrics;
using Ncn.Protocol;
using Ncn.Validator.Api;
using Ncn.Validator.Hosting;

namespace Ncn.Validator.Tests.Support;

/// <summary>The app as it is deployed, in this process: on a port of the system's choice, against a real chain, with its own folder.</summary>
internal sealed class ValidatorApp : IAsyncDisposable
{
    private static readonly HttpClient Http = new();
    private readonly WebApplication _app;

    private ValidatorApp(WebApplication app) => _app = app;

    internal Uri Url => new(_app.Urls.Single());

    internal ValidatorHost Host => _app.Services.GetRequiredService<ValidatorHost>();

    internal static async Task<ValidatorApp> StartAsync(ChainSettings chain, SubnetId subnet, string folder, string? senderKeyFile, Action<IServiceCollection> compose, params (string Key, string Value)[] more)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        var settings = new Dictionary<string, string?>
        {
            ["APP_PORT"] = "0",
            ["Ncn:Chain:Rpc"] = chain.Rpc.ToString(),
            ["Ncn:Chain:ChainId"] = $"{chain.ChainId}",
            ["Ncn:Chain:Token"] = chain.Token.ToString(),
            ["Ncn:Chain:InferencePayment"] = chain.InferencePayment.ToString(),
            ["Ncn:Chain:ValidatorRegistry"] = chain.ValidatorRegistry.ToString(),
            ["Ncn:Validator:Subnet"] = subnet.ToString(),
            ["Ncn:Validator:SenderKeyFile"] = senderKeyFile,
            ["Ncn:Validator:Folder"] = folder,
            ["Ncn:Validator:EpochHeights"] = "8",
            ["Ncn:Validator:CheckpointInterval"] = "4",
            ["Ncn:Validator:UnitMilliseconds"] = "200",
            ["Ncn:Validator:IdleMilliseconds"] = "150",
            ["Ncn:Validator:LookMilliseconds"] = "100",
        };
        Array.ForEach(more, setting => settings[setting.Key] = setting.Value);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<PrometheusMetrics>();
        compose(builder.Services);
        builder.AddNcnValidator();
        var app = builder.Build();
        app.MapNcnValidator();
        await app.StartAsync();
        return new ValidatorApp(app);
    }

    /// <summary>Each is told of the one before it from now on, and the first of the last; the rest they learn from each other.</summary>
    internal static void Introduce(params ValidatorApp[] apps)
    {
        for (var i = 0; i < apps.Length; i++)
        {
            apps[i]._app.Services.GetRequiredService<PeerUrls>().All = [apps[i == 0 ? ^1 : i - 1].Url];
        }
    }

    internal async Task<ValidatorStatus> StatusAsync() => (await Http.GetFromJsonAsync<ValidatorStatus>(new Uri(Url, LedgerEndpoints.StatusPath), ProtocolJson.Options))!;

    internal async Task<HttpResponseMessage> PostAsync(object operation, string? prefer = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Url, "/ncn/v1/ledger/operations")) { Content = JsonContent.Create(operation, options: ProtocolJson.Options) };
        if (prefer is not null)
        {
            request.Headers.Add("Prefer", prefer);
        }

        return await Http.SendAsync(request);
    }

    /// <param name="known">The mark of what the reader has.</param>
    internal async Task<HttpResponseMessage> GetAsync(string path, string? known = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url, path));
        if (known is not null)
        {
            request.Headers.IfNoneMatch.ParseAdd(known);
        }

        return await Http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
