using System.Collections.Concurrent;
using System.Diagnostics;
using Ncn.ComputeWorker.Observability;
using Ncn.ComputeWorker.Tests.Direct;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Tests.Observability;

[Collection(NetworkGroup.Name)]
public sealed class NodeTracesTests(NetworkFixture network) : IDisposable
{
    private const string GatewayName = "Ncn.Test.Gateway";
    private static readonly ActivitySource Gateway = new(GatewayName);

    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly ActivityListener _listener = new();

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_jobs_spans_continue_the_gateways_trace()
    {
        Listen();
        byte[] input = Inputs.Chat(maxTokens: 5);
        ulong charged = (ulong)network.Worker.Ledger.Channels.GetValueOrDefault(network.ChannelId, Ncn.ComputeWorker.Payments.VoucherAccount.Empty).State.Charged.Units;
        Signed<InferenceJob> job = network.Gateway.Job(network.Worker.Address, network.Worker.TinyChat, input, 10_000);
        RunRequest request = DirectRun.Request(job, network.Gateway.Pay(network.Worker.Address, charged + 10_000), input);
        ActivityTraceId trace;
        using (Activity asked = Gateway.StartActivity("request")!)
        {
            trace = asked.TraceId;
            await DirectRun.RunAsync(network.Worker.Compute, request, network.Worker.TinyChat, new Usage(2000, 1000, 0), network.Domain);
        }

        await Eventually.TrueAsync(() => Spans(trace).ContainsKey("job"), "the job's span ends");
        Dictionary<string, Activity> spans = Spans(trace);
        Assert.Equal(["admit", "charge", "first output", "job", "reserve", "run"], spans.Keys.Order());
        Assert.Equal(
            ["job", "job", "run", "admit", "job"],
            new[] { "admit", "charge", "first output", "reserve", "run" }.Select(name => spans.Values.Single(span => span.SpanId == spans[name].ParentSpanId).OperationName));
        Assert.Equal((job.Message.RequestId.ToString(), "direct"), (spans["job"].GetTagItem("ncn.request_id"), spans["job"].GetTagItem("ncn.path")));
        Assert.Equal("length", spans["run"].GetTagItem("ncn.outcome"));
        Assert.True(spans["first output"].Duration <= spans["run"].Duration);
    }

    [Fact]
    public async Task A_refused_jobs_admission_says_why()
    {
        Listen();
        byte[] input = Inputs.Chat();
        RunRequest request = DirectRun.Request(network.Gateway.Job(network.Worker.Address, network.Worker.TinyChat, input, 1), null, input);
        ActivityTraceId trace;
        using (Activity asked = Gateway.StartActivity("request")!)
        {
            trace = asked.TraceId;
            await DirectRun.RefusedAsync(network.Worker.Compute, request);
        }

        await Eventually.TrueAsync(() => Spans(trace).ContainsKey("job"), "the job's span ends");
        Activity admit = Spans(trace)["admit"];
        Assert.Equal(ActivityStatusCode.Error, admit.Status);
        Assert.Contains("no voucher", admit.StatusDescription, StringComparison.Ordinal);
    }

    private void Listen()
    {
        _listener.ShouldListenTo = static source => source.Name is NodeTraces.SourceName or GatewayName;
        _listener.Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded;
        _listener.ActivityStopped = _stopped.Enqueue;
        ActivitySource.AddActivityListener(_listener);
    }

    private Dictionary<string, Activity> Spans(ActivityTraceId trace) => _stopped
        .Where(span => span.TraceId == trace && span.Source.Name == NodeTraces.SourceName)
        .ToDictionary(span => span.OperationName);
}
