using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Ncn.Coordination.Dispatch;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;
using Ncn.Serving.Observability;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Observability;

/// <summary>A client's trace goes on through the gateway to the node.</summary>
public sealed class GatewayTracesTests : IAsyncLifetime, IDisposable
{
    private readonly MemoryGateway _gateway = new();
    private readonly ConcurrentQueue<string> _parents = [];
    private WebApplication _node = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static port => port.Protocols = HttpProtocols.Http2));
        _node = builder.Build();
        _node.Run(http =>
        {
            _parents.Enqueue(http.Request.Headers.TraceParent.ToString());
            http.Response.ContentType = "application/grpc";
            http.Response.Headers["grpc-status"] = "14";
            return Task.CompletedTask;
        });
        await _node.StartAsync();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task Node_is_called_under_the_span_of_its_attempt_in_the_clients_trace()
    {
        var attempts = new ConcurrentQueue<Activity>();
        var client = ActivityTraceId.CreateRandom();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == GatewayTraces.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => { if (span.TraceId == client) { attempts.Enqueue(span); } },
        };
        ActivitySource.AddActivityListener(listener);
        using var server = new Activity("server").SetParentId(client, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded).Start();
        await AttemptAsync();

        var span = Assert.Single(attempts, static span => span.OperationName == "attempt");
        Assert.Equal(server.SpanId, span.ParentSpanId);
        Assert.Equal(_gateway.Node.Address.ToString(), span.GetTagItem("ncn.node"));
        var parent = ActivityContext.Parse(Assert.Single(_parents), null);
        Assert.Equal(client, parent.TraceId);
        Assert.Same(server, Activity.Current);
    }

    [Fact]
    public async Task Trace_goes_on_to_the_node_when_nobody_listens_at_the_gateway()
    {
        using var server = new Activity("server").Start();
        await AttemptAsync();
        Assert.Equal(server.TraceId, ActivityContext.Parse(Assert.Single(_parents), null).TraceId);
    }

    private async Task AttemptAsync()
    {
        var endpoint = new Uri(_node.Urls.Single()).Authority;
        var record = new NodeRecord(_gateway.Node.Address, 1, endpoint, [1], [_gateway.Offer], 4, default, MemoryActors.Now, ulong.MaxValue);
        var input = new Input { Generate = new GenerateInput { MessagesJson = "[]", MaxTokens = 4 } };
        var plan = new RunPlan(MemoryGateway.Request('1'), "tiny-chat", input, new Ncn.Payments.Pricing.Usage(10, 4, 0), 1, DateTimeOffset.UtcNow.AddMinutes(1));
        await Assert.ThrowsAsync<AttemptFailedException>(async () =>
        {
            await foreach (var part in _gateway.Get<AttemptRunner>().RunAsync(plan, new DispatchOutput.Start(0, record, _gateway.Offer, IsHedge: false), [], CancellationToken.None))
            {
                Assert.Fail($"{part} came from a node that gives nothing");
            }
        });
    }
}
