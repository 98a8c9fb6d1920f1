using Grpc.Core;
using Grpc.Net.Client;
using GRPCInferenceService = Inference.GRPCInferenceService;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Ncn.Chain;
using Ncn.Tests.Escrow;
using Ncn.ComputeWorker.Direct;
using Ncn.ComputeWorker.Jobs;
using Ncn.ComputeWorker.Network;
using Ncn.ComputeWorker.Payments;
using Ncn.ComputeWorker.Sealing;
using Ncn.Hosting;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Tests;

/// <summary>A real worker in this process, on ports that the system chose, with its own key and state folder.</summary>
internal sealed class TestWorker : IAsyncDisposable
{
    public const string OperatorToken = "operator-secret";

    /// <summary>One folder for all tests of a run: a model is tried out once.</summary>
    private static readonly string TriedModels = Directory.CreateTempSubdirectory("ncn-tried-").FullName;

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private TestWorker(WebApplication app, string state)
    {
        (_app, State) = (app, state);
        Ports = app.Services.GetRequiredService<ListeningPorts>();
        _channel = GrpcChannel.ForAddress(Ports.Grpc.IsTls ? Ports.GrpcEndpoint : "http://" + Ports.GrpcEndpoint);
        Compute = new Compute.ComputeClient(_channel);
        OpenInference = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        Invoker = _channel.CreateCallInvoker();
        Http = new HttpClient { BaseAddress = Ports.Http };
    }

    /// <summary>Folder with key and state; a second worker can be started on it.</summary>
    public string State { get; }

    public ListeningPorts Ports { get; }

    public Compute.ComputeClient Compute { get; }

    /// <summary>The operator's side, without the operator's token.</summary>
    public GRPCInferenceService.GRPCInferenceServiceClient OpenInference { get; }

    /// <summary>For calls that no generated client would make.</summary>
    public CallInvoker Invoker { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public Address Address => _app.Services.GetRequiredService<NodeIdentity>().Address;

    public VoucherLedger Ledger => _app.Services.GetRequiredService<VoucherLedger>();

    public FingerprintDesk Fingerprints => _app.Services.GetRequiredService<FingerprintDesk>();

    public RunningJobs Running => _app.Services.GetRequiredService<RunningJobs>();

    public HpkePublicKey EncryptionKey => _app.Services.GetRequiredService<EncryptionKeys>().Current;

    public NodeModels Models => _app.Services.GetRequiredService<NodeModels>();

    public ModelOffer TinyChat => Offer("tiny-chat");

    public ModelOffer Digits => Offer("digits");

    public static Task<TestWorker> StartAsync(
        Party operatorParty, TestGateway gateway, string? state = null, params (string Key, string Value)[] settings) =>
        StartAsync(operatorParty, gateway, state, static _ => { }, settings);

    /// <param name="compose">Adds to the worker's parts, before it is built.</param>
    public static async Task<TestWorker> StartAsync(
        Party operatorParty, TestGateway gateway, string? state, Action<WebApplicationBuilder> compose, params (string Key, string Value)[] settings)
    {
        state ??= Directory.CreateTempSubdirectory("ncn-worker-").FullName;
        string key = Path.Combine(state, "node-1.key");
        await File.WriteAllTextAsync(key, operatorParty.Key);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(Settings(operatorParty.Chain.Settings, gateway, state));
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        compose(builder);
        WebApplication app = builder.AddNcnDefaults().AddWorker().AddEndpoints().Build().MapWorker();
        await app.StartAsync();
        return new TestWorker(app, state);
    }

    /// <summary>Waits until it says that it is ready: its gateways have it in a moment before it hears that from them.</summary>
    public Task ReadyAsync() => Eventually.TrueAsync(async () => (await Http.GetAsync("/readyz")).IsSuccessStatusCode, "the worker is ready");

    /// <summary>As SIGTERM does.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>A loaded text model.</summary>
    public LoadedDecoder Decoder(string name) => (LoadedDecoder)_app.Services.GetRequiredService<NodeModels>().Find(Offer(name).Digest);

    public ModelOffer Offer(string name) => _app.Services.GetRequiredService<NodeModels>().Offers.Single(offer => offer.Name == name);

    private static Dictionary<string, string?> Settings(ChainSettings chain, TestGateway gateway, string state) => new()
    {
        ["Ncn:Chain:Rpc"] = chain.Rpc.ToString(),
        ["Ncn:Chain:ChainId"] = chain.ChainId.ToString(),
        ["Ncn:Chain:Token"] = chain.Token.ToString(),
        ["Ncn:Chain:InferencePayment"] = chain.InferencePayment.ToString(),
        ["Ncn:Chain:ValidatorRegistry"] = chain.ValidatorRegistry.ToString(),
        ["Ncn:Keys:Directory"] = state,
        ["Ncn:State:Directory"] = state,
        ["Ncn:Operator:Token"] = OperatorToken,
        ["Ncn:Worker:GrpcPort"] = "0",
        ["Ncn:Worker:Models"] = Path.Combine(AppContext.BaseDirectory, "models"),
        ["Ncn:Worker:TriedModels"] = TriedModels,
        ["Ncn:Worker:Gateways"] = gateway.Url,
        ["Logging:LogLevel:Default"] = "Warning",
        ["APP_PORT"] = "0",
    };
}
