using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Payments.Channels;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.Serving.Tests.Payments;

/// <summary>A payer learns how its channel stands and gets it in writing; nobody else does, and nobody else can bring it about.</summary>
public sealed class ChannelsEndpointTests : IDisposable
{
    private readonly MemoryGateway _gateway = new();

    private ChannelId Id => _gateway.ClientChannel.Id(_gateway.Identity.PaymentsDomain);

    public void Dispose() => _gateway.Dispose();

    [Fact]
    public async Task The_payer_gets_a_statement_that_the_gateway_signed()
    {
        await ServeAsync(voucher: 100, cost: 40);

        var (status, body) = await StatementAsync(Request(_gateway.Client, max: 130));

        Assert.Equal(200, status);
        var statement = body.Deserialize<Signed<ChannelStatement>>(ProtocolJson.Strict)!;
        Assert.True(statement.IsSignedBy(_gateway.Key.Address, _gateway.Identity.NetworkDomain));
        Assert.Equal(
            new ChannelStatement(
                new SubnetId(1), _gateway.Identity.PaymentsDomain.VerifyingContract, Id, new(130), new(40), MemoryActors.Now / 1000),
            statement.Message);
        Assert.Equal(new TokenAmount(130), _gateway.ClientLedger.State.Stated!.MaxClaimable);
    }

    [Fact]
    public async Task Afterwards_the_corrective_402_says_above_what_a_voucher_must_be()
    {
        await ServeAsync(voucher: 100, cost: 40);
        await StatementAsync(Request(_gateway.Client));

        var refusal = await Assert.ThrowsAsync<Serving.Payments.PaymentException>(() => _gateway.ReserveAsync(MemoryGateway.Request('b'), 100, 50, false));

        Assert.Equal(BatchSettlementError.AmountMismatch, refusal.Error);
        Assert.Equal(new TokenAmount(100), refusal.Accepts[0].Extra.ChannelState!.StatedMaxClaimable);
        await _gateway.ReserveAsync(MemoryGateway.Request('b'), 101, 50, false);
    }

    [Fact]
    public async Task A_stock_client_that_never_asks_sees_nothing_of_it()
    {
        await ServeAsync(voucher: 100, cost: 40);
        var refusal = await Assert.ThrowsAsync<Serving.Payments.PaymentException>(() => _gateway.ReserveAsync(MemoryGateway.Request('b'), 100, 70, false));
        Assert.DoesNotContain("statedMaxClaimable", X402Header.ToJson(refusal.Accepts[0]), StringComparison.Ordinal);
        await _gateway.ReserveAsync(MemoryGateway.Request('b'), 40 + 70, 70, false);
    }

    [Fact]
    public async Task Requests_in_flight_stand_against_it()
    {
        await _gateway.ReserveAsync(MemoryGateway.Request('a'), 100, 100, false);
        var (status, body) = await StatementAsync(Request(_gateway.Client));
        Assert.Equal((409, "requests_in_flight"), (status, body.GetProperty("title").GetString()));
    }

    [Fact]
    public async Task Too_many_and_too_early_ones_are_refused()
    {
        Assert.Equal((404, "channel_unused"), await RefusalAsync(Request(_gateway.Client)));
        await ServeAsync(voucher: 100, cost: 40);
        await StatementAsync(Request(_gateway.Client));
        await (await _gateway.ReserveAsync(MemoryGateway.Request('b'), 200, 100, false)).ChargeAsync(new(50));
        Assert.Equal((429, "statement_too_soon"), await RefusalAsync(Request(_gateway.Client, issuedAt: MemoryActors.Now + 1)));
    }

    [Fact]
    public async Task Strangers_old_requests_and_other_channels_get_none()
    {
        await ServeAsync(voucher: 100, cost: 40);
        Assert.Equal((403, "not_the_payer"), await RefusalAsync(Request(_gateway.Node)));
        Assert.Equal((403, "not_the_payer"), await RefusalAsync(Request(_gateway.Key)));
        Assert.Equal((400, "invalid_request"), await RefusalAsync(Request(_gateway.Client, issuedAt: MemoryActors.Now - 300_001)));
        Assert.Equal((400, "invalid_request"), await RefusalAsync(Request(_gateway.Client, issuedAt: MemoryActors.Now + 300_001)));
        Assert.Equal((400, "invalid_request"), await RefusalAsync(Request(_gateway.Client, issuedAt: 0)));
        var elsewhere = _gateway.ClientChannel with { Receiver = _gateway.Node.Address };
        Assert.Equal((400, "wrong_channel"), await RefusalAsync(Request(_gateway.Client, config: elsewhere)));
        Assert.Equal((400, "wrong_channel"), await RefusalAsync(Request(_gateway.Client) with { ChannelConfig = ChannelConfigView.From(elsewhere) }));
        Assert.Equal((400, "wrong_channel"), await RefusalAsync(Request(_gateway.Client), path: "nothing"));
        var genuine = Request(_gateway.Client, max: 200);
        Assert.Equal((400, "wrong_voucher"), await RefusalAsync(genuine with { Voucher = genuine.Voucher! with { MaxClaimableAmount = new(201) } }));
        Assert.Equal((400, "wrong_voucher"), await RefusalAsync(genuine with { Voucher = genuine.Voucher! with { ChannelId = default } }));
        Assert.Null(_gateway.ClientLedger.State.Stated);
    }

    [Theory]
    [InlineData("{}", "invalid_json")]
    [InlineData("null", "invalid_json")]
    [InlineData("{\"channelConfig\":null,\"request\":null}", "invalid_json")]
    public async Task A_body_that_is_no_request_is_refused_in_words(string body, string code)
    {
        var (status, problem) = await SendAsync(http => http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body)), Id.ToString(), statement: true);
        Assert.Equal((400, code), (status, problem.GetProperty("title").GetString()));
    }

    [Fact]
    public async Task A_request_without_its_message_is_refused_in_words()
    {
        var (status, problem) = await StatementAsync(Request(_gateway.Client) with { Request = new Signed<StatementRequest>(null!, default) });
        Assert.Equal((400, "invalid_request"), (status, problem.GetProperty("title").GetString()));
    }

    [Fact]
    public async Task The_payer_sees_how_its_channel_stands()
    {
        await ServeAsync(voucher: 100, cost: 40);
        await _gateway.ReserveAsync(MemoryGateway.Request('b'), 200, 60, false);

        var (status, body) = await QueryAsync(_gateway.Client);

        Assert.Equal(200, status);
        Assert.Equal(
            new ChannelAccount(Id, new(40), new(60), new(200), null, new(1_000_000), default, default),
            body.Deserialize<ChannelAccount>(ProtocolJson.Options));
    }

    [Fact]
    public async Task Nobody_else_sees_it()
    {
        await ServeAsync(voucher: 100, cost: 40);
        Assert.Equal(403, (await QueryAsync(_gateway.Node)).Status);
        Assert.Equal(400, (await SendAsync(static _ => { }, Id.ToString(), statement: false)).Status);
        Assert.Equal(400, (await SendAsync(static http => http.Request.Headers[ChannelCalls.QueryHeader] = "e30=", Id.ToString(), statement: false)).Status);
    }

    private async Task ServeAsync(ulong voucher, ulong cost) =>
        await (await _gateway.ReserveAsync(MemoryGateway.Request('a'), voucher, voucher, false)).ChargeAsync(new(cost));

    private StatementCall Request(Signer signer, ulong max = 0, ulong issuedAt = MemoryActors.Now, ChannelConfig? config = null)
    {
        var channel = config ?? _gateway.ClientChannel;
        var request = new StatementRequest(channel.Id(_gateway.Identity.PaymentsDomain), issuedAt);
        var voucher = max == 0 ? null : NodePayment.From(_gateway.Voucher(max), _gateway.Identity.PaymentsDomain).Voucher;
        return new StatementCall(ChannelConfigView.From(channel), signer.Sign(request, _gateway.Identity.NetworkDomain), voucher);
    }

    private Task<(int Status, JsonElement Body)> StatementAsync(StatementCall call, string? path = null) => SendAsync(
        http => http.Request.Body = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(call, ProtocolJson.Options)),
        path ?? call.Request.Message?.ChannelId.ToString() ?? Id.ToString(), statement: true);

    private async Task<(int, string?)> RefusalAsync(StatementCall call, string? path = null)
    {
        var (status, body) = await StatementAsync(call, path);
        return (status, body.TryGetProperty("title", out var title) ? title.GetString() : null);
    }

    private Task<(int Status, JsonElement Body)> QueryAsync(Signer signer)
    {
        var query = signer.Sign(new ChannelQuery(Id, MemoryActors.Now), _gateway.Identity.NetworkDomain);
        var header = X402Header.Encode(new ChannelQueryCall(ChannelConfigView.From(_gateway.ClientChannel), query));
        return SendAsync(http => http.Request.Headers[ChannelCalls.QueryHeader] = header, Id.ToString(), statement: false);
    }

    private async Task<(int Status, JsonElement Body)> SendAsync(Action<HttpContext> prepare, string path, bool statement)
    {
        var http = MemoryGateway.Http();
        prepare(http);
        await (statement ? _gateway.Channels.StatementAsync(http, path) : _gateway.Channels.GetAsync(http, path));
        return (http.Response.StatusCode, JsonDocument.Parse(((MemoryStream)http.Response.Body).ToArray()).RootElement);
    }
}
