using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Protocol;
using Ncn.Serving.Receipts;
using Ncn.Serving.Storage;
using Ncn.Serving.Tests.Payments;
using Ncn.Serving.Tests.Receipts;
using Ncn.Serving.Tests.Routing;
using Ncn.Serving.Tests.Storage;
using Ncn.Serving.Validators;

namespace Ncn.Serving.Tests.Validators;

/// <summary>A gateway with nodes over gRPC and validators over HTTP, on a clock that a test puts forward.</summary>
internal sealed class WatchedGateway : IAsyncDisposable
{
    private readonly ScriptedNode[] _nodes;

    private WatchedGateway(ScriptedNode[] nodes, StubValidator[] validators) => (_nodes, Validators) = (nodes, validators);

    public StubValidator[] Validators { get; }

    public ShiftedTime Time { get; } = new();

    public TroubledStore Store { get; private set; } = null!;

    /// <summary>The gateway's present life.</summary>
    public RoutedGateway Gateway { get; private set; } = null!;

    public ScriptedNode[] Nodes => _nodes;

    public ReceiptOptions Receipts { get; } = new() { PeriodSeconds = 10, GraceSeconds = 1 };

    public ulong Period => (ulong)Time.GetUtcNow().ToUnixTimeSeconds() / 10;

    public static async Task<WatchedGateway> StartAsync(int nodes = 1, int validators = 4)
    {
        var domain = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
        var watched = new WatchedGateway(
            await RoutedGateway.StartNodesAsync(nodes), await Task.WhenAll(Enumerable.Range(70, validators).Select(number => StubValidator.StartAsync((byte)number, domain))));
        watched.Store = new TroubledStore(new MemoryObjectStore(watched.Time));
        Array.ForEach(watched.Nodes, node => node.FinishedAt = () => (ulong)watched.Time.GetUtcNow().ToUnixTimeMilliseconds());
        watched.Begin(1);
        watched.GoTo(watched.Period + 1);
        return watched;
    }

    /// <summary>A new life of the gateway's process, over the same storage and registry.</summary>
    public void Begin(ulong life)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Ncn:Blobs"] = "memory" }).Build();
        var urls = new ValidatorOptions { Validators = string.Join(',', Validators.Select(static validator => validator.Url)) };
        Gateway = RoutedGateway.Over(_nodes, Gateway?.Actors, life, (services, _) => services
            .AddSingleton<IConfiguration>(settings).AddSingleton<IObjectStore>(Store).AddSingleton<TimeProvider>(Time)
            .AddSingleton(Options.Create(Receipts)).AddSingleton(Options.Create(urls))
            .AddSingleton<IValidatorSetReader>(new StubSet(Validators)));
    }

    /// <summary>Writes what waits, goes to the end of the period and its grace, and has its list closed.</summary>
    public async Task CloseAsync()
    {
        await Gateway.Get<ReceiptBook>().FlushAsync(CancellationToken.None);
        GoTo(Period + 1);
        await Gateway.Get<ValidatorRounds>().TickAsync(CancellationToken.None);
    }

    // Into a period, past the grace of the one before.
    private void GoTo(ulong period) => Time.Advance(DateTimeOffset.FromUnixTimeMilliseconds((long)(period * 10_000) + 1_100) - Time.GetUtcNow());

    /// <summary>What a validator gets of a period, or of a receipt in it.</summary>
    public async Task<(int Status, JsonElement Body)> AskAsync(ulong period, string? index = null, Signer? key = null, Func<ReceiptQuery, ReceiptQuery>? change = null, string from = "")
    {
        key ??= Validators[0].Key;
        var query = new ReceiptQuery(Gateway.Identity.Address, ReceiptQuery.OriginOf(new Uri(Gateway.Identity.PublicUrl)), key.Address, period, (ulong)Time.GetUtcNow().ToUnixTimeMilliseconds());
        var http = MemoryGateway.Http();
        http.Request.QueryString = new QueryString(from);
        http.Request.Headers[ReceiptQuery.Header] = Convert.ToBase64String(
            JsonSerializer.SerializeToUtf8Bytes(key.Sign(change?.Invoke(query) ?? query, Gateway.Identity.NetworkDomain), ProtocolJson.Options));
        var endpoint = Gateway.Get<ReceiptsEndpoint>();
        await (index is null ? endpoint.ListAsync(http, $"{period}") : endpoint.GetAsync(http, $"{period}", index));
        http.Response.Body.Position = 0;
        return (http.Response.StatusCode, await JsonSerializer.DeserializeAsync<JsonElement>(http.Response.Body));
    }

    public async Task<T> ReadAsync<T>(ulong period, string? index = null)
    {
        var (status, body) = await AskAsync(period, index);
        Assert.True(status == 200, body.ToString());
        return body.Deserialize<T>(ProtocolJson.Strict)!;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        foreach (var validator in Validators)
        {
            await validator.DisposeAsync();
        }
    }

    internal sealed class ShiftedTime : TimeProvider
    {
        private TimeSpan _ahead;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _ahead;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(_ahead.TotalSeconds * TimestampFrequency);

        public void Advance(TimeSpan time) => _ahead += time;
    }

    private sealed class StubSet(StubValidator[] validators) : IValidatorSetReader
    {
        public Task<ImmutableSortedDictionary<Address, UInt128>> ReadAsync(CancellationToken cancellationToken) =>
            Task.FromResult(validators.ToImmutableSortedDictionary(static validator => validator.Key.Address, static _ => (UInt128)100));
    }
}
