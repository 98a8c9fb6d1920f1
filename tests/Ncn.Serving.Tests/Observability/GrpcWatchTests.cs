using System.Net;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Hosting.Metrics;
using Ncn.Serving.Fairness;
using Ncn.Serving.Observability;
using Ncn.Serving.Oip.Grpc;

namespace Ncn.Serving.Tests.Observability;

/// <summary>Calls over gRPC are counted by method and status, and known by the address that a trusted proxy tells.</summary>
public sealed class GrpcWatchTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().AddMetrics().AddSingleton(TimeProvider.System)
        .AddSingleton<PrometheusMetrics>().AddSingleton<GatewayMetrics>().AddSingleton<CallObserver>().AddSingleton<GrpcWatch>()
        .AddSingleton(Options.Create(new AdmissionOptions { TrustedProxies = 1 })).BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Calls_are_counted_by_method_and_status_and_have_the_clients_address()
    {
        var prometheus = _services.GetRequiredService<PrometheusMetrics>();
        var watch = _services.GetRequiredService<GrpcWatch>();
        IPAddress? remote = null;
        var call = new Call();
        await watch.WatchAsync(call, () =>
        {
            remote = GrpcWatch.Of(call)!.Remote;
            return Task.FromResult("answer");
        });
        await Assert.ThrowsAsync<RpcException>(() => watch.WatchAsync<string>(
            new Call(), static () => throw new RpcException(new Status(StatusCode.NotFound, "none"))));
        await Assert.ThrowsAsync<InvalidOperationException>(() => watch.WatchAsync<string>(new Call(), static () => throw new InvalidOperationException()));

        Assert.Equal(IPAddress.Parse("192.0.2.7"), remote);
        var text = prometheus.Collect();
        Assert.Contains($"ncn_gateway_requests_total{{outcome=\"OK\",route=\"{Call.Name}\"}} 1", text, StringComparison.Ordinal);
        Assert.Contains($"ncn_gateway_requests_total{{outcome=\"NotFound\",route=\"{Call.Name}\"}} 1", text, StringComparison.Ordinal);
        Assert.Contains($"ncn_gateway_requests_total{{outcome=\"Unknown\",route=\"{Call.Name}\"}} 1", text, StringComparison.Ordinal);
    }

    private sealed class Call : ServerCallContext
    {
        public const string Name = "/inference.GRPCInferenceService/ModelInfer";

        protected override string MethodCore => Name;

        protected override string HostCore => "127.0.0.1:1";

        protected override string PeerCore => "ipv4:127.0.0.1:5000";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore { get; } = new() { { "x-forwarded-for", "203.0.113.9, 192.0.2.7" } };

        protected override CancellationToken CancellationTokenCore => CancellationToken.None;

        protected override Metadata ResponseTrailersCore { get; } = [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => throw new NotSupportedException();

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }
}
