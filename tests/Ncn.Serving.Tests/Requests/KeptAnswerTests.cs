using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Payments.Channels;
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

namespace Ncn.Serving.Tests.Requests;

/// <summary>A direct request under a key costs exactly what its repeats are told, also when nobody heard whether its answer was kept.</summary>
public sealed class KeptAnswerTests : IAsyncLifetime, IDisposable
{
    private const string Route = "/v1/chat/completions";
    private static readonly ApiError NotFound = new(404, "model_not_found", "No such model.");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Signer _client = new(Enumerable.Repeat((byte)4, 32).ToArray());
    private ScriptedNode[] _nodes = [];
    private RoutedGateway _gateway = null!;

    private MemoryChannel Ledger => _gateway.Actors.Channel(_gateway.ClientChannel(_client).Id(_gateway.Identity.PaymentsDomain));

    private MemoryRequest Asked => _gateway.Actors.Request(new RequestIds(_gateway.Identity).FromKey(_client.Address.ToString(), "one"));

    public async Task InitializeAsync()
    {
        _nodes = await RoutedGateway.StartNodesAsync(1);
        _gateway = Begin(patience: 60_000);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _nodes[0].DisposeAsync();
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task An_answer_whose_keeping_was_not_heard_is_charged_and_its_repeats_are_free()
    {
        var lost = 0;
        Asked.AfterKeep = () => lost++ == 0 ? throw new HttpRequestException("The answer was lost.") : Task.CompletedTask;

        var (answer, cost) = await FinishAsync(await RunAsync());

        await CheckAsync(cost);
        Assert.Equal((answer.Body, cost), (Asked.Answer!.Body, Asked.Answer.Charged));
        Assert.Equal(answer.Body, await RepeatAsync());
        await CheckAsync(cost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_waits_no_more_is_told_to_repeat_and_pays_when_it_is_known_that_the_answer_was_kept(bool isKept)
    {
        await _gateway.DisposeAsync();
        _gateway = Begin(patience: 0);
        var (away, other) = (true, new StoredAnswer(504, "a failure", [], default));
        Func<Task> fails = () => away ? throw new HttpRequestException("The registry is not there.") : Task.CompletedTask;
        Func<Task> passes = static () => Task.CompletedTask;
        (Asked.BeforeKeep, Asked.AfterKeep) = isKept ? (passes, fails) : (fails, passes);
        var run = await RunAsync();

        var told = await Assert.ThrowsAsync<ApiException>(() => FinishAsync(run));
        Assert.Equal((503, "answer_not_kept"), (told.Error.Status, told.Error.Code));
        away = false;
        _ = isKept || await Asked.KeepAsync(new KeepCall(Fingerprint("count"), other));
        await _gateway.Get<KeptAnswers>().WhenKnownAsync().WaitAsync(Limit);

        await CheckAsync(isKept ? Asked.Answer!.Charged : default);
        Assert.Equal(isKept ? "{}" : other.Body, await RepeatAsync());
        await CheckAsync(isKept ? Asked.Answer!.Charged : default);
    }

    [Fact]
    public async Task A_key_whose_request_failed_in_the_queue_gives_its_failure_and_runs_nothing()
    {
        var failure = new StoredAnswer(504, "a failure", [], default);
        await Asked.KeepAsync(new KeepCall(Fingerprint("count"), failure));
        await ReserveAndReleaseAsync();

        Assert.Equal(failure.Body, await RepeatAsync());

        await CheckAsync(default);
        Assert.Empty(_nodes[0].Jobs);
        var conflict = await Assert.ThrowsAsync<ApiException>(() => AdmitAsync("other"));
        Assert.Equal("idempotency_conflict", conflict.Error.Code);
        await CheckAsync(default);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_comes_second_costs_nothing_unless_it_was_delivered(bool isStream)
    {
        var failure = new StoredAnswer(504, "a failure", [], default);
        var run = await RunAsync();
        await Asked.KeepAsync(new KeepCall(Fingerprint("count"), failure));
        await (isStream ? run.BeginStreamAsync() : Task.FromResult<SettlementResponse?>(null));

        var (answer, cost) = await FinishAsync(run);

        await CheckAsync(isStream ? cost : default);
        Assert.Equal(isStream ? "{}" : failure.Body, answer.Body);
    }

    [Fact]
    public async Task A_release_that_comes_late_leaves_alone_what_another_gateway_holds_under_the_key()
    {
        var run = await RunAsync();
        var held = Assert.Single(Ledger.State.Reservations);
        var other = new Holder("gateway@another", 1);
        Ledger.BeforeBatch = async steps =>
        {
            if (steps.Any(static step => step.Release is not null))
            {
                Ledger.BeforeBatch = static _ => Task.CompletedTask;
                await Ledger.ApplyAsync([new ChannelStep { Assign = new AssignCall(held.Key, other, held.Value.ExpiresAt) }]);
            }
        };

        await run.DisposeAsync();
        await _gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);

        Assert.Equal(other, Assert.Single(Ledger.State.Reservations).Value.Holder);
    }

    private RoutedGateway Begin(int patience) => RoutedGateway.Over(
        _nodes, null, 0, (services, _) => services.AddSingleton(Options.Create(new ChannelOptions { KeepMilliseconds = patience })));

    private async Task ReserveAndReleaseAsync()
    {
        var call = Call();
        var payment = Assert.IsType<Serving.Payments.ClientPayment.Voucher>(_gateway.Get<Serving.Payments.PaymentGate>().Require(call, new(1)));
        var id = new RequestIds(_gateway.Identity).FromKey(_client.Address.ToString(), "one");
        var hold = await _gateway.Get<Serving.Payments.PaymentGate>().HoldAsync(
            new(id, new(1_000), TimeSpan.FromMinutes(1)) { IsRepeatable = true, IsQueued = true, Fingerprint = Fingerprint("count") }, payment, default);
        Assert.True(await hold.TryReleaseAsync());
    }

    private async Task<Admission.Running> RunAsync() => Assert.IsType<Admission.Running>(await AdmitAsync("count"));

    private async Task<string> RepeatAsync() => await AdmitAsync("count") switch
    {
        Admission.Repeated repeated => repeated.Answer.Body,
        Admission.Attached attached => (await attached.Answer.Answer.WaitAsync(Limit)).Body,
        var other => throw new InvalidOperationException($"A repeat is {other.GetType().Name}."),
    };

    private Task<Admission> AdmitAsync(string prompt) => _gateway.Get<PaidRequest>().AdmitAsync(Call(), Order(prompt), NotFound).WaitAsync(Limit);

    private static async Task<(StoredAnswer Answer, TokenAmount Cost)> FinishAsync(Admission.Running run)
    {
        await using (run)
        {
            var ends = new List<RunPart.Finished>();
            await foreach (var part in run.Parts)
            {
                ends.AddRange(part is RunPart.Finished end ? [end] : []);
            }

            var (cost, settlement) = await run.ChargeAsync(ends);
            return (await run.CompleteAsync(new(200, "{}", StoredAnswers.Headers(run.Request, cost, settlement), cost)), cost);
        }
    }

    // To the unit, and nothing held.
    private async Task CheckAsync(TokenAmount cost)
    {
        await _gateway.Get<ChannelTurns>().StopAsync(CancellationToken.None).WaitAsync(Limit);
        Assert.Equal((cost, TokenAmount.Zero), (Ledger.State.Charged, Ledger.State.Reserved));
    }

    private static Order Order(string prompt) => new(
        "tiny-chat", "chat", new Input { Generate = new GenerateInput { Prompt = prompt, MaxTokens = 40 } }, new(100, 40, 0), null, Encoding.UTF8.GetBytes(prompt));

    private static Hash32 Fingerprint(string prompt) => RequestIds.Fingerprint(Route, Encoding.UTF8.GetBytes(prompt));

    private ClientCall Call()
    {
        var total = new TokenAmount(100_000);
        var voucher = SignedVoucher.Create(_gateway.ClientChannel(_client), total, _client, _gateway.Identity.PaymentsDomain);
        var view = new VoucherView(voucher.Config.Id(_gateway.Identity.PaymentsDomain), total, voucher.Signature);
        return new ClientCall
        {
            Route = Route,
            ResourceUrl = "http://127.0.0.1:1" + Route,
            Payment = X402Header.Encode(new PaymentPayload(2, new BatchPayload("voucher", ChannelConfigView.From(voucher.Config), view) { Parallel = true })),
            IdempotencyKey = "one",
        };
    }
}
