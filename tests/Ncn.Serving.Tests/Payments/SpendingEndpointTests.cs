using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Payments.Channels;
using Ncn.Payments.Policies;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Payments.Spending;

namespace Ncn.Serving.Tests.Payments;

/// <summary>The payer's policy binds the key that signs vouchers, at the gateway and whatever software holds the key; only the payer sets it.</summary>
public sealed class SpendingEndpointTests : IDisposable
{
    private readonly MemoryGateway _gateway = new();
    private readonly Signer _agent = new([.. Enumerable.Repeat((byte)8, 32)]);

    private ChannelConfig Channel => _gateway.ClientChannel with { PayerAuthorizer = _agent.Address };

    private ChannelId Id => Channel.Id(_gateway.Identity.PaymentsDomain);

    public void Dispose()
    {
        _agent.Dispose();
        _gateway.Dispose();
    }

    [Fact]
    public async Task A_lent_key_spends_within_its_payers_policy_only_and_is_told_why()
    {
        Assert.Equal(200, (await SetAsync(Policy(perRequest: 100, perDay: 150), _gateway.Client)).Status);
        await ReserveAsync('a', 100, "tiny-chat");
        (string Step, char Request, ulong Ceiling, string Model, string Code)[] steps =
        [
            ("above the request's cap", 'b', 101, "tiny-chat", "spend_policy_request_cap"),
            ("above the day's cap", 'b', 51, "tiny-chat", "spend_policy_day_cap"),
            ("another model", 'b', 10, "dear-chat", "spend_policy_model"),
        ];
        foreach (var (step, request, ceiling, model, code) in steps)
        {
            var refusal = await Assert.ThrowsAsync<ApiException>(() => ReserveAsync(request, ceiling, model));
            Assert.True((403, code) == (refusal.Error.Status, refusal.Error.Code), $"{step}: {refusal.Error.Code}");
        }

        await ReserveAsync('b', 50, "tiny-chat");
    }

    [Fact]
    public async Task Nobody_but_the_payer_sets_a_policy()
    {
        Assert.Equal((403, "not_the_payer"), await RefusalAsync(Policy(1, 1), _agent));
        Assert.Equal((403, "not_the_payer"), await RefusalAsync(Policy(1, 1), _gateway.Key));
        Assert.Equal((400, "wrong_channel"), await RefusalAsync(Policy(1, 1) with { ChannelId = default }, _gateway.Client));
        Assert.Equal((400, "invalid_policy"), await RefusalAsync(Policy(1, 1) with { Delegate = _gateway.Client.Address }, _gateway.Client));
        Assert.Equal((400, "invalid_policy"), await RefusalAsync(Policy(1, 1) with { Models = [null!] }, _gateway.Client));
        await SetAsync(Policy(1, 1) with { Sequence = 5 }, _gateway.Client);
        Assert.Equal((409, "policy_outdated"), await RefusalAsync(Policy(9, 9) with { Sequence = 4 }, _gateway.Client));
    }

    [Fact]
    public async Task A_channel_without_money_gets_none_so_that_strangers_fill_no_storage()
    {
        _gateway.Escrow.Balance = 0;
        Assert.Equal((409, "channel_unfunded"), await RefusalAsync(Policy(1, 1), _gateway.Client));
        Assert.Null(_gateway.Actors.Channel(Id).State.Policy);
    }

    [Fact]
    public async Task The_payers_side_gets_a_forecast_and_nobody_else()
    {
        await SetAsync(Policy(perRequest: 400, perDay: 500), _gateway.Client);
        var hold = await ReserveAsync('a', 400, "tiny-chat");
        await hold.ChargeAsync(new(400));

        var (status, body) = await ForecastAsync(_agent);
        Assert.Equal((403, "not_the_payer"), ((await ForecastAsync(_gateway.Key)).Status, (await ForecastAsync(_gateway.Key)).Body.GetProperty("title").GetString()));
        Assert.Equal(200, status);
        var forecast = body.Deserialize<ChannelForecast>(ProtocolJson.Strict)!;
        Assert.Equal(
            (new TokenAmount(999_600), new TokenAmount(400), new TokenAmount(9600), (ulong?)8_996_400),
            (forecast.Forecast.Available, forecast.Forecast.SpentToday, forecast.Forecast.PerDay, forecast.Forecast.SecondsLeft));
        Assert.Equal([new SpentOnModel("tiny-chat", new(400))], forecast.Forecast.Models.AsEnumerable());
        Assert.Equal(["day_cap_near"], forecast.Forecast.Alerts.Select(static alert => alert.Code));
        Assert.True(forecast.Policy!.IsSignedBy(_gateway.Client.Address, _gateway.Identity.NetworkDomain));
    }

    private SpendPolicy Policy(ulong perRequest, ulong perDay) => new(
        Id, _agent.Address, 1, ulong.MaxValue, new(perRequest), new(perDay), true, [new ModelCap("tiny-chat", SpendPolicy.NoCap, SpendPolicy.NoCap)]);

    private Task<IPaymentHold> ReserveAsync(char request, ulong ceiling, string model) => _gateway.Gate.HoldAsync(
        new HoldCall(MemoryGateway.Request(request), new(ceiling), TimeSpan.FromMinutes(2)) { Models = [model] },
        new ClientPayment.Voucher(SignedVoucher.Create(Channel, new(100_000), _agent, _gateway.Identity.PaymentsDomain), false, Deposit: null), default);

    private async Task<(int, string?)> RefusalAsync(SpendPolicy policy, Signer signer)
    {
        var (status, body) = await SetAsync(policy, signer);
        return (status, body.GetProperty("title").GetString());
    }

    private async Task<(int Status, JsonElement Body)> SetAsync(SpendPolicy policy, Signer signer)
    {
        // What is malformed cannot be signed here.
        var signable = policy.IsWellFormed ? policy : policy with { Models = [] };
        var signed = new Signed<SpendPolicy>(policy, signer.Sign(signable, _gateway.Identity.NetworkDomain).Signature);
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new SpendPolicyCall(ChannelConfigView.From(Channel), signed), ProtocolJson.Options));
        await _gateway.Get<SpendingEndpoint>().SetPolicyAsync(http, Id.ToString());
        return Answer(http);
    }

    private async Task<(int Status, JsonElement Body)> ForecastAsync(Signer signer)
    {
        var http = MemoryGateway.Http();
        var query = signer.Sign(new ChannelQuery(Id, MemoryActors.Now), _gateway.Identity.NetworkDomain);
        http.Request.Headers[ChannelCalls.QueryHeader] = X402Header.Encode(new ChannelQueryCall(ChannelConfigView.From(Channel), query));
        await _gateway.Get<SpendingEndpoint>().ForecastAsync(http, Id.ToString());
        return Answer(http);
    }

    private static (int Status, JsonElement Body) Answer(HttpContext http) =>
        (http.Response.StatusCode, JsonDocument.Parse(Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray())).RootElement.Clone());
}
