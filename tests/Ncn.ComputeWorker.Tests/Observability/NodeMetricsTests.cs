using Grpc.Core;
using Ncn.ComputeWorker.Observability;
using Ncn.ComputeWorker.Tests.Direct;
using Ncn.Inference.Repository;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Tests.Prometheus;

namespace Ncn.ComputeWorker.Tests.Observability;

[Collection(NetworkGroup.Name)]
public sealed class NodeMetricsTests(NetworkFixture network) : OwnWorkerTests(network)
{
    private static readonly Usage Limit = new(2000, 1000, 0);

    private ulong _promised;

    [Fact]
    public async Task Jobs_refusals_tokens_and_earnings_are_counted_by_what_they_were()
    {
        Delivery chat = await RunAsync(Inputs.Chat(maxTokens: 5), Worker.TinyChat, Limit);
        Delivery digits = await RunAsync(Inputs.Digits(rows: 3), Worker.Digits, new Usage(0, 0, 3));
        await DirectRun.RefusedAsync(Worker.Compute, new RunRequest { JobJson = "{" });
        await DirectRun.RefusedAsync(Worker.Compute, new RunRequest { JobJson = "{" });
        await DirectRun.RefusedAsync(Worker.Compute, Order(Inputs.Chat(5), Worker.TinyChat with { Digest = default }));
        await Assert.ThrowsAsync<RpcException>(async () => await Worker.Compute.FingerprintAsync(new FingerprintRequest()));

        ParsedMetrics metrics = await ScrapeAsync(parsed => parsed.Samples.ContainsKey("""ncn_worker_jobs_total{model="digits",outcome="done",path="direct"}"""));

        Assert.Equal(1, metrics["""ncn_worker_jobs_total{model="tiny-chat",outcome="length",path="direct"}"""]);
        Assert.Equal(2, metrics["""ncn_worker_refusals_total{path="direct",reason="invalid"}"""]);
        Assert.Equal(1, metrics["""ncn_worker_refusals_total{path="direct",reason="unknown_model"}"""]);
        Assert.Equal(5, metrics["""ncn_worker_tokens_total{kind="completion",model="tiny-chat"}"""]);
        Assert.Equal(chat.Receipt.Message.PromptTokens, metrics["""ncn_worker_tokens_total{kind="prompt",model="tiny-chat"}"""]);
        Assert.Equal(3, metrics["""ncn_worker_rows_total{model="digits"}"""]);
        Assert.Equal(chat.Price + digits.Price, metrics["""ncn_worker_earned_units_total{path="direct"}"""]);
        Assert.Equal(1, metrics["""ncn_worker_reruns_total{outcome="invalid"}"""]);
        Assert.Equal(2, metrics["""ncn_worker_job_duration_seconds_count{path="direct"}"""]);
        Assert.Equal(2, metrics["""ncn_worker_first_output_seconds_count{path="direct"}"""]);

        // The engine's meter belongs to the process, so other tests' jobs are in it too.
        foreach (string name in new[] { "time_to_first_token_seconds_count", "inter_token_latency_seconds_count", "queue_wait_seconds_count", "batch_size_count", "kv_capacity_tokens" })
        {
            Assert.True(metrics[$"ncn_inference_{name}{{model=\"tiny-chat\"}}"] >= 1, name);
        }

        Assert.True(metrics["ncn_inference_kv_tokens{model=\"tiny-chat\"}"] >= 0);
    }

    [Fact]
    public async Task A_job_whose_gateway_goes_away_or_stops_it_says_so()
    {
        byte[] input = Inputs.Long();
        RunRequest stopped = Order(input, Worker.TinyChat);
        var job = System.Text.Json.JsonSerializer.Deserialize<Signed<InferenceJob>>(stopped.JobJson, ProtocolJson.Options)!.Message;
        await DirectRun.RunAsync(Worker.Compute, stopped, Worker.TinyChat, Limit, Network.Domain, async chunk =>
        {
            if (chunk.Index == 0)
            {
                await Worker.Compute.StopAsync(new StopRequest { RequestId = Google.Protobuf.ByteString.CopyFrom(job.RequestId.Value.ToArray()), Attempt = job.Attempt });
            }
        });
        using (AsyncServerStreamingCall<RunEvent> call = Worker.Compute.Run(Order(input, Worker.TinyChat)))
        {
            await call.ResponseStream.MoveNext(CancellationToken.None);
        }

        ParsedMetrics metrics = await ScrapeAsync(parsed => parsed.Samples.Where(sample => sample.Key.StartsWith("ncn_worker_jobs_total", StringComparison.Ordinal)).Sum(sample => sample.Value) == 2);
        string[] outcomes = [.. metrics.Samples.Keys.Where(name => name.StartsWith("ncn_worker_jobs_total", StringComparison.Ordinal))];
        Assert.All(outcomes, name => Assert.Matches("outcome=\"(cancelled|hung_up)\"", name));
    }

    [Fact]
    public async Task The_nodes_state_is_there_before_any_job()
    {
        ParsedMetrics metrics = await ScrapeAsync(parsed => parsed.Samples.GetValueOrDefault("ncn_worker_gateways_joined") == 1);
        Assert.Equal((16, 16, 0), (metrics["ncn_worker_slots"], metrics["ncn_worker_slots_free"], metrics["ncn_worker_jobs_running"]));
        Assert.Equal(1, metrics["""ncn_worker_model_loaded{model="tiny-chat",version="1"}"""]);
        Assert.Equal(1, metrics["""ncn_worker_model_loaded{model="digits",version="1"}"""]);
        Assert.True(metrics["dotnet_process_memory_working_set_bytes"] > 1_000_000);
    }

    [Fact]
    public void A_model_that_could_not_be_loaded_is_told_as_zero_until_it_is_served()
    {
        ModelFailure[] failures = [new("broken/2", "truncated"), new("missing", "no folder"), new("tiny-chat/1", "was broken at the start")];
        string[] told = [.. NodeMetrics.Loaded([Worker.TinyChat], failures).Select(one => $"{one.Tags[0].Value}/{one.Tags[1].Value}={one.Value}")];
        Assert.Equal(["tiny-chat/1=1", "broken/2=0", "missing/=0"], told);
    }

    private RunRequest Order(byte[] input, ModelOffer model)
    {
        _promised += 10_000;
        return DirectRun.Request(Gateway.Job(Worker.Address, model, input, 10_000), Gateway.Pay(Worker.Address, _promised), input);
    }

    private Task<Delivery> RunAsync(byte[] input, ModelOffer model, Usage limit) =>
        DirectRun.RunAsync(Worker.Compute, Order(input, model), model, limit, Network.Domain);

    /// <summary>A job's numbers come when it is disposed of, which is after its caller has the receipt, and before its slot is free.</summary>
    private async Task<ParsedMetrics> ScrapeAsync(Func<ParsedMetrics, bool> isThere)
    {
        await Eventually.TrueAsync(() => Worker.Running.Slots.Free == Worker.Running.Slots.Total, "every slot is free");
        ParsedMetrics metrics = null!;
        await Eventually.TrueAsync(async () => isThere(metrics = ParsedMetrics.Parse(await Worker.Http.GetStringAsync("/metrics"))), "the metrics are there");
        return metrics;
    }
}
