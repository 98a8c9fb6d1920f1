using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Grpc.Core;
using Ncn.Payments.Pricing;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Calls;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Turns;
using Ncn.Serving.Requests;
using Ncn.Serving.Tests.Payments;
using Ncn.Serving.Tests.Routing;

namespace Ncn.Serving.Tests.Requests.Growth;

/// <summary>Answers that are paid for step by step, from admission to charge, on real nodes: 40 tokens in legs of 16, 16 and 8.</summary>
public sealed class GrowingRunTests : IDisposable
{
    private const int Tokens = 40;
    private const ulong FirstStep = 337;
    private static readonly ApiError NotFound = new(404, "model_not_found", "No such model.");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Signer _client = new(Enumerable.Repeat((byte)4, 32).ToArray());

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Legs_are_one_answer_each_with_its_receipt_and_all_are_charged()
    {
        await using var gateway = await StartAsync();
        var (text, end, cost) = await RunAsync(gateway, voucher: 10_000, new Wallet());

        Assert.Equal(Words(Tokens), text);
        Assert.Equal((Tokens, 2, "stop"), ((int)end.CompletionTokens, end.Earlier.Count, end.FinishReason));
        Assert.Equal(Cost(gateway, 16, 16, 8), cost);
        Assert.Equal(cost, Ledger(gateway).State.Charged);
        Assert.True(Ledger(gateway).State.Reserved.IsZero);
        Assert.Equal([0, 64, 128], gateway.Nodes[0].Jobs.Select(static job => (int)job.Attempt));
        Assert.Single(gateway.Nodes[0].Jobs.Select(static job => job.Seed).Distinct());
    }

    [Fact]
    public async Task The_next_voucher_is_asked_for_when_the_first_is_used_up_and_a_refused_one_is_asked_for_again()
    {
        await using var gateway = await StartAsync();
        var wallet = new Wallet(Payment(gateway, FirstStep), "no voucher at all", Payment(gateway, 10_000, parallel: false), Payment(gateway, 10_000));
        var (text, end, cost) = await RunAsync(gateway, FirstStep, wallet);

        Assert.Equal(Words(Tokens), text);
        Assert.Equal(2, end.Earlier.Count);
        Assert.Equal(4, wallet.Demands.Count);
        var wanted = Cost(gateway, 16) + new TokenAmount(FirstStep);
        Assert.All(wallet.Demands, demand => Assert.Equal(wanted, Assert.Single(demand.Accepts).Amount));
        Assert.Equal(
            [BatchSettlementError.AmountMismatch, BatchSettlementError.AmountMismatch, BatchSettlementError.InvalidPayload, BatchSettlementError.PayloadType],
            wallet.Demands.Select(static demand => demand.Error));
        Assert.Equal(cost, Ledger(gateway).State.Charged);
    }

    [Fact]
    public async Task Without_a_voucher_in_time_the_answer_ends_with_what_was_paid_for()
    {
        await using var gateway = await StartAsync();
        var (text, end, cost) = await RunAsync(gateway, FirstStep, new Wallet());

        Assert.Equal(Words(16), text);
        Assert.Equal((16, "length"), ((int)end.CompletionTokens, end.FinishReason));
        Assert.Equal(Cost(gateway, 16), cost);
        Assert.Equal(cost, Ledger(gateway).State.Charged);
        Assert.True(Ledger(gateway).State.Reserved.IsZero);
    }

    [Fact]
    public async Task When_a_later_leg_fails_the_answer_ends_there_and_the_legs_before_it_are_charged()
    {
        await using var gateway = await StartAsync();
        gateway.Nodes[0].BeforeToken = static token => token == 20 ? throw Refusal() : Task.CompletedTask;
        var (text, end, cost) = await RunAsync(gateway, 10_000, new Wallet());

        Assert.StartsWith(Words(16), text, StringComparison.Ordinal);
        Assert.Equal((16, "length"), ((int)end.CompletionTokens, end.FinishReason));
        Assert.Equal(Cost(gateway, 16), cost);
        Assert.Equal(cost, Ledger(gateway).State.Charged);
    }

    [Fact]
    public async Task When_the_first_leg_fails_nothing_is_charged()
    {
        await using var gateway = await StartAsync();
        gateway.Nodes[0].BeforeToken = static token => token == 5 ? throw Refusal() : Task.CompletedTask;
        await Assert.ThrowsAsync<ApiException>(() => RunAsync(gateway, 10_000, new Wallet()));
        Assert.True(Ledger(gateway).State.Charged.IsZero);
    }

    [Fact]
    public async Task What_a_leg_shows_only_because_it_ends_is_not_shown_twice()
    {
        await using var gateway = await StartAsync();
        var node = gateway.Nodes[0];

        // Token 15 ends within a character, which a node at its end shows as a replacement; with token 31 a stop text may begin.
        node.TextOf = static token => token switch { 15 => "", 16 => "é ", 31 => "", 32 => "ST no stop ", _ => Word(token) };
        node.HeldAt = static tokens => tokens switch { 16 => "\uFFFD", 32 => "ST", _ => string.Empty };
        var whole = string.Concat(Enumerable.Range(0, Tokens).Select(node.TextOf));

        Assert.Equal(whole, (await RunAsync(gateway, 10_000, new Wallet())).Text);
    }

    [Fact]
    public async Task What_the_last_leg_has_held_back_is_shown_when_no_more_is_paid()
    {
        await using var gateway = await StartAsync();
        gateway.Nodes[0].HeldAt = static tokens => tokens == 16 ? "\uFFFD" : string.Empty;
        Assert.Equal(Words(16) + "\uFFFD", (await RunAsync(gateway, FirstStep, new Wallet())).Text);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(337, 16)]
    [InlineData(343, 16)]
    [InlineData(344, 17)]
    [InlineData(1_000_000, 40)]
    public async Task A_budget_covers_as_many_tokens_as_any_node_may_ask_for(ulong budget, uint expected)
    {
        await using var gateway = await StartAsync();
        var pricing = gateway.Get<RequestPricing>();
        var priced = await pricing.PriceAsync(Order(), NotFound, default);
        Assert.Equal(expected, pricing.Covered(priced, new Usage(100, Tokens, 0), new TokenAmount(budget)));
    }

    // What no other node would do better.
    private static RpcException Refusal() => new(new Status(StatusCode.InvalidArgument, "the model cannot go on"));

    private static async Task<RoutedGateway> StartAsync()
    {
        var gateway = await RoutedGateway.StartAsync(1);
        gateway.Nodes[0].Tokens = Tokens;
        return gateway;
    }

    private async Task<(string Text, RunPart.Finished End, TokenAmount Cost)> RunAsync(RoutedGateway gateway, ulong voucher, Wallet wallet)
    {
        var call = new ClientCall
        {
            Route = "/v1/chat/completions",
            ResourceUrl = "http://127.0.0.1:1/v1/chat/completions",
            Payment = Payment(gateway, voucher),
            Reserve = new TokenAmount(1),
            Vouchers = wallet,
        };
        var admission = await gateway.Get<PaidRequest>().AdmitAsync(call, Order(), NotFound).WaitAsync(Limit);
        var (result, cost) = await ReadAsync(Assert.IsType<Ncn.Serving.Requests.Admission.Running>(admission)).WaitAsync(Limit);
        await gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        return (result.Text, result.End, cost);
    }

    private static async Task<((string Text, RunPart.Finished End), TokenAmount)> ReadAsync(Ncn.Serving.Requests.Admission.Running run)
    {
        await using (run)
        {
            var (text, end) = (string.Empty, (RunPart.Finished?)null);
            await foreach (var part in run.Parts)
            {
                text += part is RunPart.Text piece ? piece.Content : string.Empty;
                end = part as RunPart.Finished ?? end;
            }

            var (cost, _) = await run.ChargeAsync([end!]);
            return ((text, end!), cost);
        }
    }

    private static Order Order() => new(
        "tiny-chat", "chat", new Input { Generate = new GenerateInput { Prompt = "count", MaxTokens = Tokens } }, new(100, Tokens, 0), null, Encoding.UTF8.GetBytes("count"));

    private string Payment(RoutedGateway gateway, ulong total, bool parallel = true)
    {
        var voucher = SignedVoucher.Create(gateway.ClientChannel(_client), new TokenAmount(total), _client, gateway.Identity.PaymentsDomain);
        var view = new VoucherView(voucher.Config.Id(gateway.Identity.PaymentsDomain), voucher.MaxClaimableAmount, voucher.Signature);
        return X402Header.Encode(new PaymentPayload(2, new BatchPayload("voucher", ChannelConfigView.From(voucher.Config), view) { Parallel = parallel }));
    }

    private MemoryChannel Ledger(RoutedGateway gateway) => gateway.Actors.Channel(gateway.ClientChannel(_client).Id(gateway.Identity.PaymentsDomain));

    // Each leg pays for the prompt and for its own tokens.
    private static TokenAmount Cost(RoutedGateway gateway, params uint[] legs) => legs.Aggregate(
        TokenAmount.Zero,
        (sum, tokens) => sum + UsagePrice.WithMargin(UsagePrice.Of(gateway.Nodes[0].Offer.Price, new Usage(ScriptedNode.PromptTokens, tokens, 0)), 1_000));

    private static string Words(int tokens) => string.Concat(Enumerable.Range(0, tokens).Select(Word));

    private static string Word(int token) => string.Create(CultureInfo.InvariantCulture, $"{token} ");

    /// <summary>A client that sends these payments one by one when it is asked, and then none in time.</summary>
    private sealed class Wallet(params string[] payments) : IVoucherSource
    {
        private readonly ConcurrentQueue<string> _payments = new(payments);

        public ConcurrentQueue<PaymentRequired> Demands { get; } = [];

        public Task AskAsync(PaymentRequired demand)
        {
            Demands.Enqueue(demand);
            return Task.CompletedTask;
        }

        public ValueTask<string> NextAsync(CancellationToken cancellationToken) =>
            _payments.TryDequeue(out var payment) ? ValueTask.FromResult(payment) : throw new OperationCanceledException();
    }
}
