using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Facilitator;
using Ncn.Serving.Payments.Relay;
using Ncn.Serving.Requests;

namespace Ncn.Serving.Tests.Payments;

/// <summary>The facilitator's endpoints, as another server of the same operator would call them.</summary>
public sealed class FacilitatorTests : IDisposable
{
    private readonly MemoryGateway _gateway = new();

    public FacilitatorTests() => _gateway.Chain.Balances[_gateway.Client.Address] = 1_000;

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task Supported_names_both_schemes_and_who_sends()
    {
        var supported = await AskAsync(Endpoint.SupportedAsync);
        Assert.Equal(
            ["2 batch-settlement eip155:412346", "2 exact eip155:412346", "1 exact eip155:412346"],
            supported.GetProperty("kinds").EnumerateArray().Select(static kind =>
                $"{kind.GetProperty("x402Version")} {kind.GetProperty("scheme")} {kind.GetProperty("network")}"));
        Assert.Equal(JsonValueKind.Array, supported.GetProperty("extensions").ValueKind);
        Assert.Equal(_gateway.Chain.Relay.ToString(), supported.GetProperty("signers").GetProperty("eip155:*")[0].GetString());
        var batch = supported.GetProperty("kinds")[0].GetProperty("extra");
        Assert.Equal(_gateway.Key.Address.ToString(), batch.GetProperty("receiverAuthorizer").GetString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Exact_is_verified_settled_once_and_refused_afterwards(int version)
    {
        var body = Body(version, Transfer());
        var verified = await AskAsync(Endpoint.VerifyAsync, body);
        Assert.True(verified.GetProperty("isValid").GetBoolean(), verified.GetRawText());
        Assert.Equal(_gateway.Client.Address.ToString(), verified.GetProperty("payer").GetString());

        var settled = await AskAsync(Endpoint.SettleAsync, body);
        Assert.True(settled.GetProperty("success").GetBoolean(), settled.GetRawText());
        Assert.Equal(1, _gateway.Chain.Transfers);

        verified = await AskAsync(Endpoint.VerifyAsync, body);
        Assert.Equal("invalid_exact_evm_nonce_already_used", verified.GetProperty("invalidReason").GetString());
        settled = await AskAsync(Endpoint.SettleAsync, body);
        Assert.Equal((false, "invalid_exact_evm_nonce_already_used"), (settled.GetProperty("success").GetBoolean(), settled.GetProperty("errorReason").GetString()));
        Assert.Equal(1, _gateway.Chain.Transfers);
    }

    [Fact]
    public async Task What_pays_for_a_request_that_runs_pays_for_nothing_here()
    {
        var payment = new ClientPayment.Exact(Transfer(), 2);
        var request = _gateway.Get<RequestIds>().FromKey(_gateway.Client.Address.ToString(), RequestIds.KeyOf(payment.Payload));
        await _gateway.Actors.Request(request).BeginAsync(new BeginCall(RequestIds.Fingerprint("/v1/chat/completions", []), 60_000, Queued: null));
        var hold = await _gateway.Gate.HoldAsync(new HoldCall(request, new(100), TimeSpan.FromMinutes(1)) { IsRepeatable = true }, payment, default);

        var settled = await AskAsync(Endpoint.SettleAsync, Body(2, Transfer()));
        Assert.Equal((false, "invalid_exact_evm_nonce_already_used"), (settled.GetProperty("success").GetBoolean(), settled.GetProperty("errorReason").GetString()));
        Assert.Equal(0, _gateway.Chain.Transfers);

        Assert.True((await hold.ChargeAsync(new(7))).Settlement.Success);
        Assert.Equal(1, _gateway.Chain.Transfers);
    }

    [Theory]
    [InlineData("""{"x402Version":2,"paymentPayload":{"payload":{}},"paymentRequirements":{"scheme":"\ud800","network":"x"}}""")]
    [InlineData("""{"x402Version":2,"paymentPayload":{"x402Version":2,"payload":{},"accepted":{"scheme":"\ud800","network":"x"}},"paymentRequirements":{"scheme":"exact","network":"eip155:1","asset":"0x1111111111111111111111111111111111111111","payTo":"0x1111111111111111111111111111111111111111"}}""")]
    public async Task Halves_of_characters_are_answered_in_the_protocols_shape(string body)
    {
        Assert.Equal("invalid_payload", (await AskAsync(Endpoint.VerifyAsync, body)).GetProperty("invalidReason").GetString());
        Assert.Equal("invalid_payload", (await AskAsync(Endpoint.SettleAsync, body)).GetProperty("errorReason").GetString());
    }

    [Fact]
    public async Task A_price_beyond_all_money_is_refused_and_does_not_overflow()
    {
        await AskAsync(Endpoint.SettleAsync, Voucher(100, price: 100));
        var body = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Voucher(150, price: 50))!;
        var requirements = body["paymentRequirements"].Deserialize<Dictionary<string, JsonElement>>()!;
        requirements["amount"] = JsonSerializer.SerializeToElement(UInt128.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture));
        body["paymentRequirements"] = JsonSerializer.SerializeToElement(requirements);
        var settled = await AskAsync(Endpoint.SettleAsync, JsonSerializer.Serialize(body));
        Assert.Equal("invalid_batch_settlement_evm_cumulative_amount_mismatch", settled.GetProperty("errorReason").GetString());
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(10_000, true)]
    public void Whose_transfers_bring_less_than_their_gas_gets_some_and_no_more(ulong value, bool isUnlimited)
    {
        var allowance = _gateway.Get<RelayAllowance>();
        for (var number = 0; number < 20; number++)
        {
            allowance.Take(_gateway.Client.Address, new(value));
        }

        allowance.Take(_gateway.Node.Address, new(value));
        var refusal = Record.Exception(() => allowance.Take(_gateway.Client.Address, new(value)));
        Assert.Equal(isUnlimited ? null : 429, (refusal as ApiException)?.Error.Status);
    }

    [Fact]
    public async Task Who_had_its_share_of_gas_is_sent_nothing_more()
    {
        for (var number = 0; number < 20; number++)
        {
            _gateway.Get<RelayAllowance>().Take(_gateway.Client.Address);
        }

        Assert.Equal(429, (await SendAsync(Endpoint.SettleAsync, Body(2, Transfer()))).Status);
        Assert.Equal(0, _gateway.Chain.Transfers);
        Assert.Empty(_gateway.Actors.Payments.State.All);
    }

    [Fact]
    public async Task A_pending_settlement_is_not_final()
    {
        _gateway.Chain.IsStuck = true;
        var settled = await AskAsync(Endpoint.SettleAsync, Body(2, Transfer()));
        Assert.Equal("settlement_pending", settled.GetProperty("errorReason").GetString());
        Assert.NotEqual("", settled.GetProperty("transaction").GetString());
        _gateway.Chain.IsStuck = false;
        Assert.True((await AskAsync(Endpoint.SettleAsync, Body(2, Transfer()))).GetProperty("success").GetBoolean());
        Assert.Empty(_gateway.Actors.Payments.State.All);
    }

    [Fact]
    public async Task A_voucher_is_verified_and_charged_once()
    {
        var body = Voucher(100, price: 100);
        var verified = await AskAsync(Endpoint.VerifyAsync, body);
        Assert.True(verified.GetProperty("isValid").GetBoolean(), verified.GetRawText());
        Assert.Equal("1000000", verified.GetProperty("extra").GetProperty("balance").GetString());

        for (var repeat = 0; repeat < 2; repeat++)
        {
            var settled = await AskAsync(Endpoint.SettleAsync, body);
            Assert.Equal("100", settled.GetProperty("extra").GetProperty("chargedAmount").GetString());
        }

        Assert.Equal(new TokenAmount(100), _gateway.ClientLedger.State.Charged);
        var again = await AskAsync(Endpoint.SettleAsync, Voucher(150, price: 100));
        Assert.Equal("invalid_batch_settlement_evm_cumulative_amount_mismatch", again.GetProperty("errorReason").GetString());
    }

    [Theory]
    [InlineData("payTo", "0x1111111111111111111111111111111111111111", "invalid_payment_requirements")]
    [InlineData("asset", "0x1111111111111111111111111111111111111111", "invalid_payment_requirements")]
    [InlineData("network", "eip155:1", "invalid_network")]
    [InlineData("scheme", "batch-settlement", "invalid_scheme")]
    public async Task Payments_to_anybody_else_are_not_looked_at(string member, string value, string code)
    {
        var body = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(Body(2, Transfer()))!;
        var requirements = body["paymentRequirements"].Deserialize<Dictionary<string, JsonElement>>()!;
        requirements[member] = JsonSerializer.SerializeToElement(value);
        body["paymentRequirements"] = JsonSerializer.SerializeToElement(requirements);
        var text = JsonSerializer.Serialize(body);

        Assert.Equal(code, (await AskAsync(Endpoint.VerifyAsync, text)).GetProperty("invalidReason").GetString());
        Assert.Equal(code, (await AskAsync(Endpoint.SettleAsync, text)).GetProperty("errorReason").GetString());
        Assert.Equal(0, _gateway.Chain.Transfers);
    }

    [Theory]
    [InlineData("", "invalid_payload")]
    [InlineData("[]", "invalid_payload")]
    [InlineData("""{"x402Version":2}""", "invalid_payload")]
    [InlineData("""{"x402Version":2,"paymentPayload":{},"paymentRequirements":{}}""", "invalid_payment_requirements")]
    [InlineData("""{"x402Version":"x","paymentPayload":{},"paymentRequirements":{}}""", "invalid_payload")]
    public async Task Bodies_that_are_none_are_answered_in_the_protocols_shape(string body, string code)
    {
        Assert.Equal(code, (await AskAsync(Endpoint.VerifyAsync, body)).GetProperty("invalidReason").GetString());
        Assert.Equal(code, (await AskAsync(Endpoint.SettleAsync, body)).GetProperty("errorReason").GetString());
    }

    [Fact]
    public async Task A_body_too_large_and_callers_too_many_are_refused()
    {
        var (status, _) = await SendAsync(Endpoint.VerifyAsync, new string(' ', 70_000));
        Assert.Equal(413, status);

        var statuses = new List<int>();
        for (var number = 0; number < 60; number++)
        {
            statuses.Add((await SendAsync(Endpoint.SupportedAsync, "")).Status);
        }

        Assert.Contains(200, statuses);
        Assert.Contains(429, statuses);
    }

    [Theory]
    [InlineData("", 1, 20)]
    [InlineData("?type=http&limit=5&offset=0", 1, 5)]
    [InlineData("?offset=1", 0, 20)]
    [InlineData("?type=mcp", 0, 20)]
    public async Task Resources_are_listed_by_pages(string query, int items, int limit)
    {
        var found = await AskAsync(Endpoint.DiscoverAsync, "", query);
        Assert.Equal(items, found.GetProperty("items").GetArrayLength());
        Assert.Equal(limit, found.GetProperty("pagination").GetProperty("limit").GetInt32());
        if (items == 1)
        {
            var item = found.GetProperty("items")[0];
            Assert.EndsWith("/v1/chat/completions", item.GetProperty("resource").GetString(), StringComparison.Ordinal);
            Assert.Equal(2, item.GetProperty("accepts").GetArrayLength());
        }
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=101")]
    [InlineData("?offset=-1")]
    public async Task Pages_are_bounded(string query) => Assert.Equal(400, (await SendAsync(Endpoint.DiscoverAsync, "", query)).Status);

    private FacilitatorEndpoint Endpoint => _gateway.Get<FacilitatorEndpoint>();

    private string Body(int version, ExactPayload payload)
    {
        var requirements = _gateway.Get<PaymentOffers>().Exact(new(100));
        object payment = version == 1
            ? new { x402Version = 1, scheme = "exact", network = "eip155:412346", payload }
            : new { x402Version = 2, payload, accepted = requirements };
        object terms = version == 1
            ? new { scheme = "exact", network = "eip155:412346", maxAmountRequired = "100", asset = requirements.Asset, payTo = requirements.PayTo, extra = requirements.Extra }
            : requirements;
        return X402Header.ToJson(new { x402Version = version, paymentPayload = payment, paymentRequirements = terms });
    }

    private string Voucher(ulong total, ulong price)
    {
        var voucher = _gateway.Voucher(total);
        var view = new VoucherView(voucher.Config.Id(_gateway.Identity.PaymentsDomain), voucher.MaxClaimableAmount, voucher.Signature);
        var requirements = _gateway.Get<PaymentOffers>().Batch(new(price));
        return X402Header.ToJson(new
        {
            x402Version = 2,
            paymentPayload = new PaymentPayload(2, new BatchPayload(BatchPayload.VoucherType, ChannelConfigView.From(voucher.Config), view), requirements),
            paymentRequirements = requirements,
        });
    }

    private ExactPayload Transfer()
    {
        var transfer = new TransferWithAuthorization(
            _gateway.Client.Address, _gateway.Key.Address, new(100), default, new((MemoryActors.Now / 1000) + 60), Hash32.Parse("0x" + new string('6', 64)));
        return new ExactPayload(_gateway.Client.Sign(transfer, _gateway.Get<PaymentOffers>().TokenDomain).Signature, transfer);
    }

    private static async Task<JsonElement> AskAsync(Func<HttpContext, Task> endpoint, string body = "", string query = "")
    {
        var (status, answer) = await SendAsync(endpoint, body, query);
        Assert.True(status == 200, answer);
        return JsonSerializer.Deserialize<JsonElement>(answer);
    }

    private static async Task<(int Status, string Body)> SendAsync(Func<HttpContext, Task> endpoint, string body, string query = "")
    {
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        http.Request.QueryString = new QueryString(query);
        http.Request.Host = new HostString("gateway.example");
        http.Request.Scheme = "https";
        await endpoint(http);
        http.Response.Body.Position = 0;
        using var reader = new StreamReader(http.Response.Body);
        return (http.Response.StatusCode, await reader.ReadToEndAsync());
    }
}
