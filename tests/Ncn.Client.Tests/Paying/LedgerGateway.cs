using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Client.Tests.Paying;

/// <summary>A seller with the real ledger: asks for a ceiling, checks the voucher, reserves, and charges what the request says it cost.</summary>
/// <remarks>The query names the ceiling and the cost: <c>/work?ceiling=100&amp;cost=60</c>; <c>stream=1</c> answers with events.</remarks>
internal sealed class LedgerGateway(Address receiver) : HttpMessageHandler
{
    public const ulong ChainId = 412346;
    public static readonly Address Escrow = Address.Parse("0x00000000000000000000000000000000000000e5");
    public static readonly Address Token = Address.Parse("0x00000000000000000000000000000000000000cc");
    public static readonly Eip712Domain Domain = Eip712Domain.Payments(ChainId, Escrow);

    private readonly Lock gate = new();
    private ChannelState state = ChannelState.Empty;

    public TokenAmount Balance { get; set; } = new(1_000_000);

    /// <summary>What is offered, changed by tests that play a dishonest seller.</summary>
    public Func<PaymentRequirements, PaymentRequirements> Offer { get; set; } = static offer => offer;

    /// <summary>Runs while a paid request is served, before it is charged.</summary>
    public Func<SignedVoucher, Task> Serving { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Signs statements; a test that plays a dishonest seller changes them first.</summary>
    public Signer? Key { get; set; }

    public Func<ChannelStatement, ChannelStatement> Statement { get; set; } = static statement => statement;

    public int Demands { get; private set; }

    public TokenAmount Charged => state.Charged;

    public TokenAmount VoucherMax => state.VoucherMax;

    /// <summary>Charges this much for the one request in flight, whose answer nobody got.</summary>
    public void ChargeInFlight(TokenAmount amount) =>
        Assert.Equal(ChannelOutcome.Accepted, Step(new ChannelInput.Charge(2, state.Reservations.Keys.Single(), amount)).Outcome);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri!.AbsolutePath.StartsWith("/ncn/v1/channels/", StringComparison.Ordinal))
        {
            return await BooksAsync(request, cancellationToken);
        }

        var query = System.Web.HttpUtility.ParseQueryString(request.RequestUri.Query);
        var ceiling = TokenAmount.Parse(query["ceiling"]!);
        if (!request.Headers.TryGetValues(X402Header.Signature, out var header))
        {
            return Demand(request, ceiling, "payment required", null);
        }

        var payload = X402Header.Decode<PaymentPayload>(header.Single(), out _)!.Payload;
        var voucher = new SignedVoucher(payload.ChannelConfig.ToConfig(), payload.Voucher.MaxClaimableAmount, payload.Voucher.Signature);
        Assert.True(voucher.IsAuthentic(Domain));
        var key = Guid.NewGuid().ToString("N");
        var reserved = Step(new ChannelInput.Reserve(1, key, voucher, ceiling, new ChannelFunds(Balance, default), ulong.MaxValue));
        if (reserved.Outcome != ChannelOutcome.Accepted)
        {
            return Demand(request, ceiling, reserved.Outcome.ToString(), reserved);
        }

        await Serving(voucher);
        var cost = TokenAmount.Parse(query["cost"]!);
        var charged = Step(new ChannelInput.Charge(2, key, cost));
        var settlement = new SettlementResponse(true, string.Empty, X402Header.Network(ChainId), string.Empty, voucher.Config.Payer, null, new SettlementExtra(cost, View(charged)));
        return query["stream"] is null ? Plain(settlement) : Stream(settlement);
    }

    private async Task<HttpResponseMessage> BooksAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get)
        {
            var query = X402Header.Decode<ChannelQueryCall>(request.Headers.GetValues(ChannelCalls.QueryHeader).Single(), out _)!;
            Assert.True(ChannelCalls.IsPayerSide(query.Request, query.ChannelConfig.ToConfig(), Receipts.Domain));
            return Json(HttpStatusCode.OK, new ChannelAccount(
                query.Request.Message.ChannelId, state.Charged, state.Reserved, state.VoucherMax, state.Stated?.MaxClaimable, Balance, default, default));
        }

        var call = JsonSerializer.Deserialize<StatementCall>(await request.Content!.ReadAsByteArrayAsync(cancellationToken), ProtocolJson.Strict)!;
        var config = call.ChannelConfig.ToConfig();
        Assert.True(ChannelCalls.IsPayerSide(call.Request, config, Receipts.Domain));
        var voucher = call.Voucher is { } shown ? new SignedVoucher(config, shown.MaxClaimableAmount, shown.Signature) : null;
        Assert.True(voucher?.IsAuthentic(Domain) ?? true);
        var result = Step(new ChannelInput.State(call.Request.Message.IssuedAt, voucher, call.Request.Message.IssuedAt));
        if (result is not { Outcome: ChannelOutcome.Accepted or ChannelOutcome.Repeated, Stated: { } stated })
        {
            return Json(HttpStatusCode.Conflict, new { title = result.Outcome.ToString(), detail = $"No statement: {result.Outcome}." });
        }

        var statement = new ChannelStatement(new SubnetId(1), Escrow, config.Id(Domain), stated.MaxClaimable, stated.Charged, stated.IssuedAt / 1000);
        return Json(HttpStatusCode.OK, Key!.Sign(Statement(statement), Receipts.Domain));
    }

    private static HttpResponseMessage Json<T>(HttpStatusCode status, T body) =>
        new(status) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, ProtocolJson.Options)) };

    private ChannelResult Step(ChannelInput input)
    {
        lock (gate)
        {
            (state, var result) = ChannelLedger.Apply(state, input);
            return result;
        }
    }

    private HttpResponseMessage Demand(HttpRequestMessage request, TokenAmount ceiling, string error, ChannelResult? result)
    {
        Demands++;
        var extra = new RequirementsExtra("USD Coin", "2")
        {
            ReceiverAuthorizer = receiver,
            WithdrawDelay = 900,
            ChannelState = result is null ? null : View(result),
            VoucherState = result is null ? null : new VoucherStateView(result.VoucherMax, result.VoucherSignature),
        };
        var offer = Offer(new PaymentRequirements(X402Header.BatchSettlement, X402Header.Network(ChainId), ceiling, Token, receiver, 60, extra));
        var answer = new HttpResponseMessage(HttpStatusCode.PaymentRequired) { RequestMessage = request };
        answer.Headers.Add(X402Header.Required, X402Header.Encode(new PaymentRequired(2, new ResourceInfo(request.RequestUri!.ToString()), [offer], error)));
        return answer;
    }

    private ChannelStateView View(ChannelResult result) =>
        new(state.Config is { } config ? config.Id(Domain) : default, Balance, default, result.Charged, result.Reserved, StatedMaxClaimable: result.Stated?.MaxClaimable);

    private static HttpResponseMessage Plain(SettlementResponse settlement)
    {
        var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("done") };
        answer.Headers.Add(X402Header.Response, X402Header.Encode(settlement));
        return answer;
    }

    private static HttpResponseMessage Stream(SettlementResponse settlement)
    {
        var last = JsonSerializer.Serialize(new { ncn = new NcnMember(default, default, default, settlement.Extra!.ChargedAmount!.Value, 1, Receipts.Signed, settlement) }, ProtocolJson.Options);
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes($"data: {{\"n\":1}}\n\ndata: {last}\n\ndata: [DONE]\n\n"));
        content.Headers.ContentType = new MediaTypeHeaderValue("text/event-stream");
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }
}
