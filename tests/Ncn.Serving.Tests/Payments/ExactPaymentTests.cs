using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Calls;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Exact;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Tests.Payments;

/// <summary>One transfer for one request: nothing delivered unpaid, nothing paid and kept that was not delivered, whatever the chain does.</summary>
public sealed class ExactPaymentTests : IDisposable
{
    private const ulong Price = 100;
    private static readonly RequestId Request = MemoryGateway.Request('a');
    private readonly MemoryGateway _gateway = new();

    public ExactPaymentTests() => _gateway.Chain.Balances[_gateway.Client.Address] = 1_000;

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task A_delivered_request_moves_the_price_and_leaves_nothing_behind()
    {
        var hold = await HoldAsync(Pay());
        var (cost, settlement) = await hold.ChargeAsync(new(7));
        await hold.DeliveredAsync();

        Assert.Equal(new TokenAmount(Price), cost);
        Assert.Equal((true, "100", _gateway.Client.Address), (settlement.Success, settlement.Amount, settlement.Payer));
        Assert.Equal((900ul, 100ul), Balances());
        Assert.Empty(_gateway.Actors.Payments.State.All);
        await RefusedAsync(ExactError.NonceUsed, () => HoldAsync(Pay()));
    }

    [Fact]
    public async Task Nothing_moves_for_a_request_that_delivers_nothing()
    {
        await (await HoldAsync(Pay())).ReleaseAsync();
        Assert.Equal((1_000ul, 0ul), Balances());
        Assert.Empty(_gateway.Actors.Payments.State.All);
    }

    [Theory]
    [InlineData("ERC20InsufficientBalance", "insufficient_funds")]
    [InlineData("ERC3009UsedAuthorization", "invalid_exact_evm_nonce_already_used")]
    [InlineData("Blacklisted", "invalid_exact_evm_transaction_simulation_failed")]
    public async Task A_transfer_that_would_fail_is_refused_before_the_work(string contractError, string code)
    {
        _gateway.Chain.Refusal = contractError;
        await RefusedAsync(code, () => HoldAsync(Pay()));
    }

    [Fact]
    public async Task A_balance_too_low_is_refused_before_the_work()
    {
        _gateway.Chain.Balances[_gateway.Client.Address] = Price - 1;
        await RefusedAsync(ExactError.InsufficientFunds, () => HoldAsync(Pay()));
    }

    [Theory]
    [InlineData(99, 1, "invalid_exact_evm_payload_authorization_value")]
    [InlineData(101, 1, null)]
    [InlineData(101, 2, "invalid_exact_evm_payload_authorization_value_mismatch")]
    public async Task Version_1_may_pay_more_and_version_2_pays_the_price(ulong value, int version, string? code)
    {
        var payment = new ClientPayment.Exact(Pay(value).Payload, version);
        if (code is null)
        {
            Assert.Equal(new TokenAmount(value), (await (await HoldAsync(payment)).ChargeAsync(default)).Cost);
            return;
        }

        await RefusedAsync(code, () => HoldAsync(payment));
    }

    [Fact]
    public async Task A_balance_gone_between_verification_and_settlement_delivers_nothing_and_owes_nothing()
    {
        var hold = await HoldAsync(Pay());
        _gateway.Chain.Balances[_gateway.Client.Address] = 0;

        var refusal = await RefusedAsync(ExactError.InsufficientFunds, () => hold.ChargeAsync(new(7)));

        Assert.Equal((false, ""), (refusal.Settlement!.Success, refusal.Settlement.Transaction));
        await hold.ReleaseAsync();
        Assert.Empty(_gateway.Actors.Payments.State.All);
        Assert.Equal(0, _gateway.Chain.Transfers);
    }

    [Fact]
    public async Task An_unknown_outcome_is_told_with_the_hash_and_the_same_payload_goes_on()
    {
        _gateway.Chain.IsStuck = true;
        var refusal = await RefusedAsync(ExactError.SettlementPending, async () => await (await HoldAsync(Pay())).ChargeAsync(new(7)));
        Assert.NotEqual(string.Empty, refusal.Settlement!.Transaction);

        // By now the authorization has expired for new requests; this one is known.
        _gateway.Chain.IsStuck = false;
        _gateway.Chain.Refusal = "ERC3009InvalidAuthorizationTime";
        var hold = await HoldAsync(Pay());
        Assert.True((await hold.ChargeAsync(new(7))).Settlement.Success);
        await hold.DeliveredAsync();
        Assert.Equal((900ul, 100ul), Balances());
    }

    [Fact]
    public async Task A_transfer_that_somebody_else_sent_first_counts_and_is_not_sent_again()
    {
        var hold = await HoldAsync(Pay());
        await _gateway.Chain.TransferAsync("elsewhere", Pay().Payload, default);
        var settlement = (await hold.ChargeAsync(new(7))).Settlement;
        Assert.True(settlement.Success);
        Assert.Equal(1, _gateway.Chain.Transfers);
    }

    [Fact]
    public async Task A_payment_pays_for_one_request_only()
    {
        await (await HoldAsync(Pay())).ChargeAsync(new(7));
        await RefusedAsync(ExactError.NonceUsed, () => HoldAsync(Pay(), MemoryGateway.Request('b')));
        await Assert.ThrowsAsync<PaymentException>(() => _gateway.Get<ExactSettler>().SettleAsync(Pay().Payload, MemoryGateway.Request('b'), new(Price), default));
        Assert.Equal(1, _gateway.Chain.Transfers);
    }

    [Fact]
    public async Task A_stream_that_fails_after_its_first_piece_is_paid_back_once()
    {
        var hold = await HoldAsync(Pay());
        Assert.True((await hold.BeginStreamAsync(default))!.Success);
        Assert.Equal((900ul, 100ul), Balances());

        await hold.ReleaseAsync();
        await hold.ReleaseAsync();
        await _gateway.Get<ReturnDesk>().SweepAsync(default);

        Assert.Equal((1_000ul, 0ul), Balances());
        Assert.Equal(2, _gateway.Chain.Transfers);
        await RefusedAsync(ExactError.NonceUsed, () => HoldAsync(Pay()));
    }

    [Fact]
    public async Task What_could_not_be_paid_back_at_once_is_paid_back_by_the_sweep()
    {
        var hold = await HoldAsync(Pay());
        await hold.BeginStreamAsync(default);
        _gateway.Chain.IsStuck = true;
        await hold.ReleaseAsync();
        Assert.Equal((900ul, 100ul), Balances());
        Assert.Equal(OpenPaymentPhase.Owed, Assert.Single(_gateway.Actors.Payments.State.All.Values).Phase);

        _gateway.Chain.IsStuck = false;
        await _gateway.Get<ReturnDesk>().SweepAsync(default);
        await _gateway.Get<ReturnDesk>().SweepAsync(default);
        Assert.Equal((1_000ul, 0ul), Balances());
    }

    [Fact]
    public async Task A_gateway_that_died_after_it_paid_back_and_before_it_knew_pays_back_once()
    {
        var hold = await HoldAsync(Pay());
        await hold.BeginStreamAsync(default);
        var open = Assert.Single(_gateway.Actors.Payments.State.All.Values);
        await _gateway.Chain.TransferAsync("a gateway that died", _gateway.Get<ReturnDesk>().Repayment(open), default);

        await hold.ReleaseAsync();

        Assert.Equal((1_000ul, 0ul), Balances());
        Assert.Equal(OpenPaymentPhase.Returned, Assert.Single(_gateway.Actors.Payments.State.All.Values).Phase);
    }

    [Theory]
    [InlineData(true, false, 900)]
    [InlineData(false, false, 1_000)]
    [InlineData(false, true, 900)]
    public async Task What_a_dead_gateway_left_open_is_paid_back_unless_its_answer_is_there_or_it_is_young(bool isAnswered, bool isYoung, ulong left)
    {
        _gateway.Actors.Payments.Now = MemoryActors.Now - (isYoung ? 60_000ul : 3_600_000ul);
        await (await HoldAsync(Pay())).ChargeAsync(new(7));
        if (isAnswered)
        {
            await _gateway.Actors.Request(Request).BeginAsync(new BeginCall(default, 60_000, null));
            await _gateway.Actors.Request(Request).CompleteAsync(new StoredAnswer(200, "{}", [], new(Price)));
        }

        await _gateway.Get<ReturnDesk>().SweepAsync(default);

        Assert.Equal(left, Balances().Client);
        Assert.Equal(isYoung ? 1 : isAnswered ? 0 : 1, _gateway.Actors.Payments.State.All.Count);
    }

    [Fact]
    public async Task What_was_never_settled_is_forgotten_when_it_has_expired()
    {
        _gateway.Actors.Payments.Now = MemoryActors.Now - 3_600_000;
        var expired = Pay() with { };
        var old = expired.Payload.Authorization with { ValidBefore = new((MemoryActors.Now / 1000) - 3_600) };
        await _gateway.Actors.Payments.OpenAsync(new OpenPaymentCall(Sign(old), Request));
        await _gateway.Get<ReturnDesk>().SweepAsync(default);
        Assert.Empty(_gateway.Actors.Payments.State.All);
    }

    [Theory]
    [InlineData(60, false, null)]
    [InlineData(-500, false, null)]
    [InlineData(-700, false, "invalid_exact_evm_payload_authorization_valid_before")]
    [InlineData(60, true, "invalid_exact_evm_payload_signature")]
    public void Whoever_asks_for_a_paid_answer_holds_the_payment_and_comes_in_time(int before, bool isForged, string? code)
    {
        var transfer = Pay().Payload.Authorization with { ValidBefore = new((UInt128)((long)(MemoryActors.Now / 1000) + before)) };
        var payload = isForged ? Sign(transfer with { Value = new(Price + 1) }) with { Authorization = transfer } : Sign(transfer);
        var http = MemoryGateway.Http();
        http.Request.Headers["PAYMENT-SIGNATURE"] = X402Header.Encode(new { x402Version = 2, payload, accepted = _gateway.Get<PaymentOffers>().Exact(new(Price)) });
        if (code is null)
        {
            Assert.IsType<ClientPayment.Exact>(_gateway.Get<PaymentReader>().Read(HttpCalls.Read(http), new(Price)));
            return;
        }

        Assert.Equal(code, Assert.Throws<PaymentException>(() => _gateway.Get<PaymentReader>().Read(HttpCalls.Read(http), new(Price))).Error);
    }

    [Fact]
    public async Task An_answer_from_the_queue_is_settled_before_it_is_given_and_once()
    {
        var stored = new StoredAnswer(200, "{}", [], default);
        var first = await _gateway.Gate.SettleStoredAsync(Request, Pay(), new(Price), stored);
        var settlement = X402Header.Decode<SettlementResponse>(first.Headers["PAYMENT-RESPONSE"], out _)!;
        Assert.True(settlement.Success);
        Assert.Equal(new TokenAmount(Price), first.Charged);

        var second = await _gateway.Gate.SettleStoredAsync(Request, Pay(), new(Price), stored);
        Assert.Equal(settlement.Transaction, X402Header.Decode<SettlementResponse>(second.Headers["PAYMENT-RESPONSE"], out _)!.Transaction);
        Assert.Equal(1, _gateway.Chain.Transfers);

        var failed = new StoredAnswer(400, "{}", [], default);
        Assert.Same(failed, await _gateway.Gate.SettleStoredAsync(Request, Pay(), new(Price), failed));
    }

    [Theory]
    [InlineData(100, false, 402)]
    [InlineData(100, true, 200)]
    [InlineData(0, false, 200)]
    public async Task An_answer_from_the_queue_is_not_given_away_by_its_id(ulong ceiling, bool isSettled, int status)
    {
        var actor = _gateway.Actors.Request(Request);
        var queued = new QueuedRequest([], Channel: null, new(ceiling), new(1, 1, 0), "tiny-chat", 0, "chat", MemoryActors.Now, MemoryActors.Now + 60_000);
        await actor.BeginAsync(new BeginCall(default, 60_000, queued));
        await actor.CompleteAsync(new StoredAnswer(200, """{"text":"precious"}""", isSettled ? new() { ["PAYMENT-RESPONSE"] = "e30=" } : [], default));
        var http = MemoryGateway.Http();
        await new RequestsEndpoint(_gateway.Actors).GetAsync(http, Request.ToString());

        http.Response.Body.Position = 0;
        using var reader = new StreamReader(http.Response.Body);
        Assert.Equal(status, http.Response.StatusCode);
        Assert.Equal(status == 200, (await reader.ReadToEndAsync()).Contains("precious", StringComparison.Ordinal));
    }

    private (ulong Client, ulong Operator) Balances() => (
        _gateway.Chain.Balances.GetValueOrDefault(_gateway.Client.Address), _gateway.Chain.Balances.GetValueOrDefault(_gateway.Key.Address));

    private Task<IPaymentHold> HoldAsync(ClientPayment.Exact payment, RequestId? request = null) =>
        _gateway.Gate.HoldAsync(new HoldCall(request ?? Request, new(Price), TimeSpan.FromMinutes(1)) { IsRepeatable = true }, payment, default);

    private ClientPayment.Exact Pay(ulong value = Price) => new(Sign(new TransferWithAuthorization(
        _gateway.Client.Address, _gateway.Key.Address, new(value), default, new((MemoryActors.Now / 1000) + 60), Hash32.Parse("0x" + new string('5', 64)))), 2);

    private ExactPayload Sign(TransferWithAuthorization transfer) =>
        new(_gateway.Client.Sign(transfer, _gateway.Get<PaymentOffers>().TokenDomain).Signature, transfer);

    private static async Task<PaymentException> RefusedAsync(string code, Func<Task> act)
    {
        var refusal = await Assert.ThrowsAsync<PaymentException>(act);
        Assert.Equal((402, code), (refusal.Status, refusal.Error));
        return refusal;
    }
}
