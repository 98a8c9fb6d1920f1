using System.Net.Http.Headers;
using System.Net.Http.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Ncn.Chain;
using Ncn.ComputeWorker.Operator;
using Ncn.ComputeWorker.Tests;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Tests.Escrow;

namespace Ncn.Soak.Node;

/// <summary>The worker under load with everything around it: a chain, a gateway with a funded channel, clients.</summary>
internal sealed class SoakNode : IAsyncDisposable
{
    /// <summary>What every job may cost at most, in atomic units.</summary>
    public const ulong JobPrice = 20_000;

    /// <summary>Jobs whose vouchers may overtake each other.</summary>
    private const ulong Slack = 512;
    private const ulong EscrowDollars = 900_000;
    private static readonly TimeSpan JobTime = TimeSpan.FromMinutes(3);

    private readonly LocalChain _chain;
    private readonly Party _node;
    private readonly GrpcChannel _channel;
    private readonly string _folder;
    private ulong _jobs = Slack;

    private SoakNode(LocalChain chain, TestGateway gateway, Party node, WorkerProcess worker, string folder)
    {
        (_chain, Gateway, _node, Worker, _folder) = (chain, gateway, node, worker, folder);
        _channel = GrpcChannel.ForAddress(worker.GrpcEndpoint);
        Compute = new Compute.ComputeClient(_channel);
        Oip = new global::Inference.GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        worker.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", WorkerProcess.OperatorToken);
    }

    public WorkerProcess Worker { get; }

    public TestGateway Gateway { get; }

    public Compute.ComputeClient Compute { get; }

    public global::Inference.GRPCInferenceService.GRPCInferenceServiceClient Oip { get; }

    public Metadata OperatorMetadata { get; } = new() { { "authorization", "Bearer " + WorkerProcess.OperatorToken } };

    public Eip712Domain Domain => _chain.Settings.NetworkDomain;

    public IReadOnlyDictionary<string, ModelOffer> Offers { get; private set; } = new Dictionary<string, ModelOffer>();

    public static async Task<SoakNode> StartAsync(SoakOptions options)
    {
        string folder = Directory.CreateTempSubdirectory("ncn-soak-").FullName;
        var chain = new LocalChain();
        await chain.InitializeAsync();
        TestGateway gateway = await TestGateway.StartAsync(await chain.NewPartyAsync(EscrowDollars + 1));
        Party party = await chain.NewPartyAsync(0);
        string models = Path.Combine(folder, "models");
        SoakModels.Write(models);
        WorkerProcess worker = WorkerProcess.Start(await SettingsAsync(chain.Settings, gateway, party, folder, models), options, folder);
        var node = new SoakNode(chain, gateway, party, worker, folder);
        await gateway.FundAsync(party.Address, EscrowDollars * LocalChain.Dollar);
        await worker.ReadyAsync();
        await node.ReadOffersAsync();
        return node;
    }

    /// <summary>A signed job for the worker.</summary>
    public Signed<InferenceJob> Job(ModelOffer model, byte[] input, ulong seed) =>
        Gateway.Job(_node.Address, model, input, JobPrice, seed, (ulong)DateTimeOffset.UtcNow.Add(JobTime).ToUnixTimeMilliseconds());

    /// <summary>A voucher for a total that covers all jobs so far, and those that may still be on their way.</summary>
    public NodePayment Payment() => Gateway.Pay(_node.Address, Interlocked.Increment(ref _jobs) * JobPrice);

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await Worker.DisposeAsync();
        await Gateway.DisposeAsync();
        _chain.Dispose();
        Directory.Delete(_folder, true);
    }

    private async Task ReadOffersAsync()
    {
        NodeStatus status = await Worker.Http.GetFromJsonAsync<NodeStatus>("/ncn/v1/node/status", ProtocolJson.Options)
            ?? throw new SoakFailedException("the worker has no status");
        Offers = status.Models.ToDictionary(offer => offer.Name);
        string[] wanted = ["digits", "tiny-chat", SoakModels.Decoder, SoakModels.Network, SoakModels.Embedding, SoakModels.Spare];
        if (wanted.FirstOrDefault(name => !Offers.ContainsKey(name)) is { } missing)
        {
            throw new SoakFailedException($"the worker did not load {missing}; see soak-worker.log");
        }
    }

    private static async Task<Dictionary<string, string>> SettingsAsync(ChainSettings chain, TestGateway gateway, Party party, string folder, string models)
    {
        string key = Path.Combine(folder, "node-1.key");
        await File.WriteAllTextAsync(key, party.Key);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return new Dictionary<string, string>
        {
            ["Ncn:Chain:Rpc"] = chain.Rpc.ToString(),
            ["Ncn:Chain:ChainId"] = chain.ChainId.ToString(),
            ["Ncn:Chain:Token"] = chain.Token.ToString(),
            ["Ncn:Chain:InferencePayment"] = chain.InferencePayment.ToString(),
            ["Ncn:Chain:ValidatorRegistry"] = chain.ValidatorRegistry.ToString(),
            ["Ncn:Keys:Directory"] = folder,
            ["Ncn:State:Directory"] = folder,
            ["Ncn:Worker:Models"] = models,
            ["Ncn:Worker:Gateways"] = gateway.Url,
            ["Ncn:Worker:Slots"] = "64",
            ["Ncn:Worker:ClaimMinutes"] = "1",
            ["Logging:LogLevel:Default"] = "Warning",
        };
    }
}
