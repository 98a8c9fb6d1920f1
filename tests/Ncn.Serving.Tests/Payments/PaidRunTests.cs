using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Ncn.Actors;
using Ncn.Payments.Channels;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Calls;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Requests;
using Ncn.Serving.Responses;
using Ncn.Serving.Tests.Routing;
using Xunit.Abstractions;

namespace Ncn.Serving.Tests.Payments;

/// <summary>Paid requests from admission to charge, on real nodes: what actors are asked, and who pays what when somebody goes away.</summary>
public sealed class PaidRunTests(ITestOutputHelper output) : IDisposable
{
    private const ulong Ceiling = 2_000;
    private static readonly ApiError NotFound = new(404, "model_not_found", "No such model.");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Signer _client = new(Enumerable.Repeat((byte)4, 32).ToArray());
    private ulong _signed = 100_000;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Under_load_requests_share_the_calls_of_actors()
    {
        const int Requests = 96;
        await using var gateway = await RoutedGateway.StartAsync(2);
        var first = await RunAsync(gateway);
        var turns = gateway.Get<ChannelTurns>();
        // A registry that takes a while, as a real one does: what comes meanwhile goes together.
        Ledger(gateway).BeforeBatch = static _ => Task.Delay(50);
        foreach (var node in gateway.Nodes)
        {
            var channel = NodeChannel.Config(gateway.Identity.Address, node.Address, gateway.Identity.Token).Id(gateway.Identity.PaymentsDomain);
            gateway.Actors.Channel(channel).BeforeBatch = static _ => Task.Delay(50);
        }

        var before = turns.Calls;
        var cost = 0UL;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = 24 },
            async (_, _) => Interlocked.Add(ref cost, (ulong)(await RunAsync(gateway)).Units));
        await turns.StopAsync(CancellationToken.None).WaitAsync(Limit);

        var calls = turns.Calls - before;
        output.WriteLine($"{calls} calls of actors for {Requests} requests, {(double)calls / Requests:0.00} each");
        Assert.True(calls <= 2 * Requests, $"{calls} calls for {Requests} requests");
        Assert.Equal(first + new TokenAmount(cost), Ledger(gateway).State.Charged);
        Assert.True(Ledger(gateway).State.Reserved.IsZero);
    }

    [Fact]
    public async Task A_client_that_leaves_pays_for_what_was_signed_even_when_its_node_does_not_answer_any_more()
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        var node = gateway.Nodes[0];
        node.IsDeaf = true;
        node.BeforeToken = static token => token == 5 ? Task.Delay(Timeout.Infinite) : Task.CompletedTask;
        using var client = new CancellationTokenSource();
        var run = await AdmitAsync(gateway, null, client.Token);
        await using (run)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                var pieces = 0;
                await foreach (var part in run.Parts)
                {
                    pieces += part is RunPart.Text ? 1 : 0;
                    await (pieces == 5 ? client.CancelAsync() : Task.CompletedTask);
                }
            }).WaitAsync(Limit);
        }

        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        var used = new Usage(ScriptedNode.PromptTokens, 5, 0);
        Assert.Equal(UsagePrice.WithMargin(UsagePrice.Of(node.Offer.Price, used), 1_000), Ledger(gateway).State.Charged);
        Assert.True(Ledger(gateway).State.Reserved.IsZero);
    }

    [Fact]
    public async Task A_key_runs_once_whatever_the_number_of_its_repeats()
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        var first = await AdmitAsync(gateway, "one", default);
        var cost = await FinishAsync(first);
        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);

        var again = await gateway.Get<PaidRequest>().AdmitAsync(Call(gateway, "one", default), Order("count"), NotFound).WaitAsync(Limit);
        Assert.True(again is Admission.Repeated or Admission.Attached, again.GetType().Name);
        var conflict = await Assert.ThrowsAsync<ApiException>(() => gateway.Get<PaidRequest>().AdmitAsync(Call(gateway, "one", default), Order("other"), NotFound));

        Assert.Equal("idempotency_conflict", conflict.Error.Code);
        Assert.Single(gateway.Nodes[0].Jobs);
        Assert.Equal(cost, Ledger(gateway).State.Charged);
    }

    [Fact]
    public async Task A_keyed_request_whose_process_died_is_run_again_with_the_same_seed_and_charged_once()
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        var dead = await AdmitAsync(gateway, "one", default);
        Assert.NotEmpty(Ledger(gateway).State.Reservations);

        // Another life of the same process: the registry is the same, nothing of the dead one is told to it.
        await using var next = await RoutedGateway.StartAsync(1, actors: gateway.Actors, life: 1);
        var cost = await FinishAsync(await AdmitAsync(next, "one", default));
        await next.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);

        Assert.Equal(cost, Ledger(next).State.Charged);
        Assert.True(Ledger(next).State.Reserved.IsZero);
        Assert.Equal(Assert.Single(gateway.Nodes[0].Jobs).Seed, Assert.Single(next.Nodes[0].Jobs).Seed);
        Assert.Equal(dead.Request, Assert.Single(next.Nodes[0].Jobs).RequestId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("one")]
    public async Task A_stream_that_is_let_go_of_in_the_middle_pays_for_what_it_has_delivered(string? key)
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        gateway.Nodes[0].BeforeToken = static token => token == 5 ? Task.Delay(Timeout.Infinite) : Task.CompletedTask;
        await using (var run = await AdmitAsync(gateway, key, default))
        {
            await run.BeginStreamAsync();
            var pieces = 0;
            await foreach (var part in run.Parts)
            {
                if (part is RunPart.Text && ++pieces == 5)
                {
                    break;
                }
            }
        }

        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        var cost = UsagePrice.WithMargin(UsagePrice.Of(gateway.Nodes[0].Offer.Price, new Usage(ScriptedNode.PromptTokens, 5, 0)), 1_000);
        Assert.Equal(cost, Ledger(gateway).State.Charged);
        Assert.True(Ledger(gateway).State.Reserved.IsZero);
        if (key is not null)
        {
            // Its key is used up: what was charged for a part does not pay for the whole.
            var again = await gateway.Get<PaidRequest>().AdmitAsync(Call(gateway, key, default), Order("count"), NotFound).WaitAsync(Limit);
            Assert.NotEqual(200, Assert.IsType<Admission.Repeated>(again).Answer.StatusCode);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Choices_that_have_ended_are_paid_when_another_one_is_refused(bool isStream)
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        var (node, first) = (gateway.Nodes[0], new TaskCompletionSource());
        node.BeforeAnswer = async prompt =>
        {
            if (prompt == "too long")
            {
                await first.Task;
                throw new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.InvalidArgument, "too long"));
            }
        };
        Input[] inputs = [.. new[] { "count", "too long" }.Select(static prompt => new Input { Generate = new GenerateInput { Prompt = prompt, MaxTokens = 40 } })];
        var order = new Order("tiny-chat", "chat", inputs, new(100, 40, 0), null, new byte[] { 1 });
        var run = Assert.IsType<Admission.Running>(await gateway.Get<PaidRequest>().AdmitAsync(Call(gateway, null, default), order, NotFound).WaitAsync(Limit));
        await using (run)
        {
            await (isStream ? run.BeginStreamAsync() : Task.FromResult<SettlementResponse?>(null));
            await Assert.ThrowsAsync<ApiException>(async () =>
            {
                await foreach (var part in run.Parts)
                {
                    _ = part is RunPart.Finished && first.TrySetResult();
                }
            }).WaitAsync(Limit);
        }

        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        var cost = UsagePrice.WithMargin(UsagePrice.Of(node.Offer.Price, new Usage(ScriptedNode.PromptTokens, 12, 0)), 1_000);
        Assert.Equal(cost, Ledger(gateway).State.Charged);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Choices_that_find_no_room_begin_when_others_have_ended(bool isStream)
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        gateway.Actors.Snapshot = OneSlot(gateway);
        Input[] inputs = [.. Enumerable.Range(0, 3).Select(static _ => new Input { Generate = new GenerateInput { Prompt = "count", MaxTokens = 40 } })];
        var order = new Order("tiny-chat", "chat", inputs, new(100, 40, 0), null, new byte[] { 1 }) { IsWhole = !isStream };
        var run = Assert.IsType<Admission.Running>(await gateway.Get<PaidRequest>().AdmitAsync(Call(gateway, null, default), order, NotFound).WaitAsync(Limit));
        await (isStream ? run.BeginStreamAsync() : Task.FromResult<SettlementResponse?>(null));
        var cost = await FinishAsync(run).WaitAsync(Limit);

        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        Assert.Equal(3, gateway.Nodes[0].Receipts.Count);
        Assert.Equal(cost, Ledger(gateway).State.Charged);
        Assert.Equal(UsagePrice.WithMargin(UsagePrice.Of(gateway.Nodes[0].Offer.Price, new Usage(ScriptedNode.PromptTokens, 12, 0)), 1_000).Units * 3, cost.Units);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_request_whose_nodes_fail_it_is_paid_what_its_client_has_seen(bool isStream)
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        var (node, jobs) = (gateway.Nodes[0], 0);
        gateway.Actors.Snapshot = OneSlot(gateway);
        var channel = NodeChannel.Config(gateway.Identity.Address, node.Address, gateway.Identity.Token).Id(gateway.Identity.PaymentsDomain);
        gateway.Actors.Channel(channel).BeforeBatch = steps =>
            steps.Any(static step => step.Authorize is not null) && ++jobs == 2 ? throw new HttpRequestException("The registry is not there.") : Task.CompletedTask;
        Input[] inputs = [.. Enumerable.Range(0, 2).Select(static _ => new Input { Generate = new GenerateInput { Prompt = "count", MaxTokens = 40 } })];
        var order = new Order("tiny-chat", "chat", inputs, new(100, 40, 0), null, new byte[] { 1 });
        var run = Assert.IsType<Admission.Running>(await gateway.Get<PaidRequest>().AdmitAsync(Call(gateway, null, default), order, NotFound).WaitAsync(Limit));
        await using (run)
        {
            await (isStream ? run.BeginStreamAsync() : Task.FromResult<SettlementResponse?>(null));
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await foreach (var part in run.Parts)
                {
                    output.WriteLine($"{part.GetType().Name} of choice {part.Choice}");
                }
            }).WaitAsync(Limit);
        }

        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        var cost = UsagePrice.WithMargin(UsagePrice.Of(node.Offer.Price, new Usage(ScriptedNode.PromptTokens, 12, 0)), 1_000);
        Assert.Equal(isStream ? cost : default, Ledger(gateway).State.Charged);
        Assert.Empty(Ledger(gateway).State.Reservations);
    }

    [Fact]
    public async Task No_node_begins_for_a_voucher_that_the_ledger_will_not_take_for_its_signature()
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        await RunAsync(gateway);
        var call = Call(gateway, null, default);
        var payload = X402Header.Decode<PaymentPayload>(call.Payment!, out _)!;
        var batch = payload.Payload;
        var signature = batch.Voucher.Signature.ToArray();
        signature[^1] = (byte)(55 - signature[^1]);
        var payment = new Serving.Payments.ClientPayment.Voucher(
            new SignedVoucher(gateway.ClientChannel(_client), batch.Voucher.MaxClaimableAmount, new Signature(signature)), IsStrict: false, Deposit: null);
        var good = payment with { Signed = payment.Signed with { Signature = batch.Voucher.Signature } };

        Assert.True(gateway.Get<Serving.Payments.PaymentGate>().IsLikelyGood(good, new TokenAmount(Ceiling)));
        Assert.False(gateway.Get<Serving.Payments.PaymentGate>().IsLikelyGood(payment, new TokenAmount(Ceiling)));
    }

    [Fact]
    public async Task A_channel_that_looked_good_and_was_refused_is_waited_for_before_a_node_begins()
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        await RunAsync(gateway);
        var config = gateway.ClientChannel(_client);
        var policy = new SpendPolicy(config.Id(gateway.Identity.PaymentsDomain), _client.Address, 1, ulong.MaxValue, new(1), SpendPolicy.NoCap, ListedOnly: false, []);
        await Ledger(gateway).SetPolicyAsync(new(config, _client.Sign(policy, gateway.Identity.NetworkDomain)));
        await Assert.ThrowsAsync<ApiException>(() => AdmitAsync(gateway, null, default));
        await Ledger(gateway).SetPolicyAsync(new(config, _client.Sign(policy with { Sequence = 2, PerRequest = SpendPolicy.NoCap }, gateway.Identity.NetworkDomain)));
        await RunAsync(gateway);

        var total = new TokenAmount(Interlocked.Add(ref _signed, Ceiling));
        var voucher = SignedVoucher.Create(config, total, _client, gateway.Identity.PaymentsDomain);
        Assert.False(gateway.Get<Serving.Payments.PaymentGate>().IsLikelyGood(new Serving.Payments.ClientPayment.Voucher(voucher, IsStrict: false, Deposit: null), new TokenAmount(Ceiling)));
    }

    [Fact]
    public async Task A_response_that_cannot_be_kept_gives_back_what_it_held()
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        gateway.Nodes[0].BeforeToken = static token => token == 5 ? Task.Delay(Timeout.Infinite) : Task.CompletedTask;
        var http = MemoryGateway.Http();
        http.Request.Headers[X402Header.Signature] = Call(gateway, null, default).Payment;
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("""{"model":"tiny-chat","input":"count","background":true,"stream":true,"max_output_tokens":40}"""));

        // This gateway has no storage.
        await gateway.Get<ResponsesEndpoint>().CreateAsync(http).WaitAsync(Limit);

        Assert.NotEqual(200, http.Response.StatusCode);
        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        Assert.NotNull(Ledger(gateway).State.Config);
        Assert.Empty(Ledger(gateway).State.Reservations);
        Assert.True(Ledger(gateway).State.Charged.IsZero);
    }

    [Fact]
    public async Task A_stream_whose_answer_cannot_be_kept_is_paid_all_the_same()
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        TokenAmount cost;
        await using (var run = await AdmitAsync(gateway, "one", default))
        {
            await run.BeginStreamAsync();
            var ends = new List<RunPart.Finished>();
            await foreach (var part in run.Parts)
            {
                ends.AddRange(part is RunPart.Finished end ? [end] : []);
            }

            (cost, _) = await run.ChargeAsync(ends);
        }

        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        Assert.False(cost.IsZero);
        Assert.Equal(cost, Ledger(gateway).State.Charged);
    }

    private static RoutingSnapshot OneSlot(RoutedGateway gateway) =>
        gateway.Actors.Snapshot with { Nodes = [.. gateway.Actors.Snapshot.Nodes.Select(static node => node with { FreeSlots = 1, Record = node.Record with { Slots = 1 } })] };

    [Fact]
    public async Task Whoever_reads_along_later_is_told_the_same_time()
    {
        var nodes = await RoutedGateway.StartNodesAsync(1);
        await using var gateway = RoutedGateway.Over(nodes, null, 0, static (services, _) => services.AddSingleton<TimeProvider>(new HastyTime()));
        var first = await StreamChatAsync(gateway, "one");
        var second = await StreamChatAsync(gateway, "one");

        Assert.NotEmpty(first);
        Assert.Equal(first.Distinct(), second.Distinct());
        await nodes[0].DisposeAsync();
    }

    private async Task<long[]> StreamChatAsync(RoutedGateway gateway, string key)
    {
        var http = MemoryGateway.Http();
        http.Request.Headers[X402Header.Signature] = Call(gateway, null, default).Payment;
        http.Request.Headers["Idempotency-Key"] = key;
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("""{"model":"tiny-chat","messages":[{"role":"user","content":"count"}],"stream":true,"max_tokens":40}"""));
        await gateway.Get<Serving.OpenAi.ChatEndpoint>().HandleAsync(http).WaitAsync(Limit);
        http.Response.Body.Position = 0;
        var lines = (await new StreamReader(http.Response.Body).ReadToEndAsync()).Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal));
        return [.. lines.Select(static line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("created").GetInt64())];
    }

    // A clock that is a second on at each look.
    private sealed class HastyTime : TimeProvider
    {
        private long _looks;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddSeconds(Interlocked.Increment(ref _looks));
    }

    private async Task<TokenAmount> RunAsync(RoutedGateway gateway) => await FinishAsync(await AdmitAsync(gateway, null, default));

    private static async Task<TokenAmount> FinishAsync(Admission.Running run)
    {
        await using (run)
        {
            var ends = new List<RunPart.Finished>();
            await foreach (var part in run.Parts)
            {
                ends.AddRange(part is RunPart.Finished end ? [end] : []);
            }

            var (cost, settlement) = await run.ChargeAsync(ends);
            await run.CompleteAsync(new(200, "{}", StoredAnswers.Headers(run.Request, cost, settlement), cost));
            return cost;
        }
    }

    private async Task<Admission.Running> AdmitAsync(RoutedGateway gateway, string? key, CancellationToken gone) => Assert.IsType<Admission.Running>(
        await gateway.Get<PaidRequest>().AdmitAsync(Call(gateway, key, gone), Order("count"), NotFound).WaitAsync(Limit, CancellationToken.None));

    private static Order Order(string prompt) => new(
        "tiny-chat", "chat", new Input { Generate = new GenerateInput { Prompt = prompt, MaxTokens = 40 } }, new(100, 40, 0), null, Encoding.UTF8.GetBytes(prompt));

    private ClientCall Call(RoutedGateway gateway, string? key, CancellationToken gone)
    {
        var total = new TokenAmount(Interlocked.Add(ref _signed, Ceiling));
        var voucher = SignedVoucher.Create(gateway.ClientChannel(_client), total, _client, gateway.Identity.PaymentsDomain);
        var view = new VoucherView(voucher.Config.Id(gateway.Identity.PaymentsDomain), total, voucher.Signature);
        return new ClientCall
        {
            Route = "/v1/chat/completions",
            ResourceUrl = "http://127.0.0.1:1/v1/chat/completions",
            Payment = X402Header.Encode(new PaymentPayload(2, new BatchPayload("voucher", ChannelConfigView.From(voucher.Config), view) { Parallel = true })),
            IdempotencyKey = key,
            Gone = gone,
        };
    }

    private MemoryChannel Ledger(RoutedGateway gateway) => gateway.Actors.Channel(gateway.ClientChannel(_client).Id(gateway.Identity.PaymentsDomain));
}
