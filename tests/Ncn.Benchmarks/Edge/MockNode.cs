using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Benchmarks.Edge;

/// <summary>A compute node without a model: it joins a gateway, and answers every job at once with signed chunks and a signed receipt.</summary>
internal sealed class MockNode : IAsyncDisposable
{
    private static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(1);
    private readonly WebApplication _app;
    private readonly Signer _signer;
    private readonly Eip712Domain _network;
    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private ulong _sequence = (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private Task _beats = Task.CompletedTask;

    private MockNode(WebApplication app, Signer signer, Eip712Domain network) => (_app, _signer, _network) = (app, signer, network);

    /// <summary>The plain HTTP upstream that streams the same texts, for reverse proxies.</summary>
    public Uri Upstream => new(Addresses[1]);

    private string[] Addresses => [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    public static async Task<MockNode> StartAsync(BenchNetwork network)
    {
        byte[] key = Keccak256.Hash(Guid.NewGuid().ToByteArray());
        await MockStake.PutAsync(network.Chain, new SubnetId(1), key, CancellationToken.None);
        var signer = new Signer(key);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1024;
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new MockJobs(signer, network.NetworkDomain, network.PaymentsDomain, network.Token));
        WebApplication app = builder.Build();
        app.MapGrpcService<MockCompute>();
        app.MapPost("/v1/chat/completions", MockUpstream.AnswerAsync);
        await app.StartAsync();
        var node = new MockNode(app, signer, network.NetworkDomain);
        node._beats = node.BeatAsync(network);
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _beats;
        await _app.DisposeAsync();
        _http.Dispose();
        _signer.Dispose();
        _stop.Dispose();
    }

    private static ulong Now => (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private Task<bool> JoinAsync(BenchNetwork network)
    {
        string endpoint = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{new Uri(Addresses[0]).Port}");
        var record = new NodeRecord(
            _signer.Address, ++_sequence, endpoint, [1], [.. MockModel.All.Select(static model => model.Offer)], 1024, new HexBytes([]), Now, Now + 3_600_000);
        return PostAsync(network, "join", record);
    }

    // Who is not a member joins, as often as it takes: the registry hears of a stake a moment after the chain has it.
    private async Task BeatAsync(BenchNetwork network)
    {
        try
        {
            while (true)
            {
                _ = await PostAsync(network, "heartbeat", new NodeHeartbeat(_signer.Address, ++_sequence, 1024, 0, Now)) || await JoinAsync(network);
                await Task.Delay(BeatInterval, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The benchmark is over.
        }
    }

    private async Task<bool> PostAsync<T>(BenchNetwork network, string call, T message)
        where T : ITypedData
    {
        using HttpResponseMessage answer = await _http.PostAsJsonAsync(
            new Uri(network.Registrar, $"/ncn/v1/nodes/{call}"), _signer.Sign(message, _network), ProtocolJson.Options, _stop.Token);
        // One that is not known is told so with 200.
        return answer.IsSuccessStatusCode
            && await answer.Content.ReadFromJsonAsync<NodeResult>(ProtocolJson.Options, _stop.Token) is { Accepted: true };
    }
}
