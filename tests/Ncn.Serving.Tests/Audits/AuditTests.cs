using System.Text;
using System.Text.Json;
using Ncn.Consensus;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Audits;
using Ncn.Serving.Tests.Payments;
using Ncn.Serving.Tests.Validators;
using Ncn.Serving.Validators;

namespace Ncn.Serving.Tests.Audits;

/// <summary>A client has an answer run again: bond, ledger, verdict, and who pays.</summary>
public sealed class AuditTests : IDisposable
{
    private const byte AuditKind = 11;
    private const ulong Bond = 10_000;
    private readonly Signer _client = new(Enumerable.Repeat((byte)44, 32).ToArray());

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(AuditVerdict.Passed, "passed", Bond)]
    [InlineData(AuditVerdict.Failed, "failed", 0)]
    [InlineData(AuditVerdict.Undecided, "undecided", 0)]
    public async Task The_loser_pays(AuditVerdict verdict, string status, ulong charged)
    {
        await using var watched = await WatchedGateway.StartAsync();
        var receipt = await RunAsync(watched);
        await watched.CloseAsync();

        Assert.Equal(402, (await OpenAsync(watched, receipt, pays: false)).Status);
        var (_, opened) = await OpenAsync(watched, receipt);
        Assert.Equal(("pending", $"{Bond}", _client.Address.ToString()), (Text(opened, "status"), Text(opened, "bond"), Text(opened, "client")));
        Assert.Equal(new TokenAmount(Bond), Channel(watched).Reserved);

        await LookAsync(watched);
        var digest = receipt.Message.StructHash();
        var operation = new Operation.OpenAudit(watched.Gateway.Identity.Address, opened.GetProperty("period").GetUInt64(), digest, _client.Address, new TokenAmount(Bond));
        Assert.All(watched.Validators, validator => Assert.Equal(SignedOperation.Message(operation), Assert.Single(validator.Posted, static posted => posted.Message.Kind == AuditKind).Message));
        Assert.Equal("open", await StatusAsync(watched, digest));

        Array.ForEach(watched.Validators[..3], validator => validator.Say([], [new AuditStanding(watched.Gateway.Identity.Address, digest, verdict)]));
        watched.Begin(2); // whoever opened it is gone
        await LookAsync(watched);
        await LookAsync(watched);

        Assert.Equal(status, await StatusAsync(watched, digest));
        Assert.Equal((new TokenAmount(charged), TokenAmount.Zero), (Channel(watched).Charged, Channel(watched).Reserved));
        Assert.Equal(status, Text((await OpenAsync(watched, receipt, pays: false)).Body, "status"));
    }

    [Fact]
    public async Task A_bond_that_nobody_decides_about_is_given_back()
    {
        await using var watched = await WatchedGateway.StartAsync();
        var receipt = await RunAsync(watched);
        await watched.CloseAsync();
        await OpenAsync(watched, receipt);

        watched.Time.Advance(TimeSpan.FromHours(24.1));
        await LookAsync(watched);
        Assert.Equal("expired", await StatusAsync(watched, receipt.Message.StructHash()));
        Assert.Equal((TokenAmount.Zero, TokenAmount.Zero), (Channel(watched).Charged, Channel(watched).Reserved));
    }

    [Fact]
    public async Task Only_what_is_listed_here_can_be_audited()
    {
        await using var watched = await WatchedGateway.StartAsync();
        var receipt = await RunAsync(watched);

        var early = await OpenAsync(watched, receipt);
        Assert.Equal((409, "receipt_not_listed"), (early.Status, Text(early.Body, "title")));
        var forged = receipt with { Message = receipt.Message with { Price = TokenAmount.Zero } };
        Assert.Equal((400, "invalid_receipt"), ((await OpenAsync(watched, forged)).Status, Text((await OpenAsync(watched, forged)).Body, "title")));
        await watched.CloseAsync();
        watched.Time.Advance(TimeSpan.FromMinutes(5));
        var unknown = watched.Nodes[0].Signer.Sign(receipt.Message with { Seed = 7 }, watched.Gateway.Identity.NetworkDomain);
        Assert.Equal((404, "receipt_unknown"), ((await OpenAsync(watched, unknown)).Status, Text((await OpenAsync(watched, unknown)).Body, "title")));
        Assert.Equal(TokenAmount.Zero, Channel(watched).Reserved);
    }

    private static async Task<Signed<Receipt>> RunAsync(WatchedGateway watched) =>
        (await watched.Gateway.RunAsync(watched.Gateway.Plan())).End.Receipt;

    private async Task<(int Status, JsonElement Body)> OpenAsync(WatchedGateway watched, Signed<Receipt> receipt, bool pays = true)
    {
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { receipt }, ProtocolJson.Options)));
        if (pays)
        {
            var (config, domain) = (watched.Gateway.ClientChannel(_client), watched.Gateway.Identity.PaymentsDomain);
            var voucher = SignedVoucher.Create(config, new TokenAmount(Bond), _client, domain);
            http.Request.Headers[X402Header.Signature] = X402Header.Encode(new PaymentPayload(2, new BatchPayload(
                "voucher", ChannelConfigView.From(config), new VoucherView(config.Id(domain), voucher.MaxClaimableAmount, voucher.Signature)) { Parallel = true }));
        }

        await watched.Gateway.Get<AuditsEndpoint>().OpenAsync(http);
        http.Response.Body.Position = 0;
        return (http.Response.StatusCode, await JsonSerializer.DeserializeAsync<JsonElement>(http.Response.Body));
    }

    private static async Task<string?> StatusAsync(WatchedGateway watched, Hash32 id)
    {
        var http = MemoryGateway.Http();
        await watched.Gateway.Get<AuditsEndpoint>().GetAsync(http, id.ToString());
        http.Response.Body.Position = 0;
        return Text(await JsonSerializer.DeserializeAsync<JsonElement>(http.Response.Body), "status");
    }

    private static string? Text(JsonElement body, string name) => body.GetProperty(name).ToString();

    private (TokenAmount Charged, TokenAmount Reserved) Channel(WatchedGateway watched)
    {
        var state = watched.Gateway.Actors.Channel(watched.Gateway.ClientChannel(_client).Id(watched.Gateway.Identity.PaymentsDomain)).State;
        return (state.Charged, state.Reserved);
    }

    private static Task LookAsync(WatchedGateway watched)
    {
        watched.Time.Advance(TimeSpan.FromSeconds(3));
        return watched.Gateway.Get<ValidatorRounds>().TickAsync(CancellationToken.None);
    }
}
