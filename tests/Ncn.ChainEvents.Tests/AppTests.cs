using System.Net;
using System.Text.Json;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ChainEvents.Tests;

/// <summary>The app as it is composed, over HTTP.</summary>
[Collection(Ground.Name)]
public sealed class AppTests(Ground ground)
{
    [Fact]
    public async Task The_operator_settles_and_sees_transactions_and_amounts()
    {
        await using var app = await RunningApp.StartAsync(ground);
        var client = await ground.Chain.NewPartyAsync(1);
        var config = client.ChannelTo(app.Gateway);
        await client.FundAsync(config, LocalChain.Dollar);
        app.Actors.Subnet.Channels.Add(client.IdOf(config));
        app.Actors.Channel(client.IdOf(config)).Serve(1, client.Promise(config, 321, 321).Voucher, new TokenAmount(321));

        using var answer = await app.SettleAsync("secret");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var report = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var claim = Assert.Single(report.GetProperty("claims").EnumerateArray());
        Assert.Equal("321", claim.GetProperty("amount").GetString());
        Assert.Equal(66, claim.GetProperty("transaction").GetString()!.Length);
        Assert.Equal(client.IdOf(config).ToString(), Assert.Single(claim.GetProperty("channels").EnumerateArray()).GetString());
        Assert.Equal("321", report.GetProperty("settled").GetString());
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData(null)]
    public async Task Nobody_else_settles(string? token)
    {
        await using var app = await RunningApp.StartAsync(ground);
        using var answer = await app.SettleAsync(token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_operator_sees_its_claims_and_nobody_else_does()
    {
        await using var app = await RunningApp.StartAsync(ground);
        var client = await ground.Chain.NewPartyAsync(1);
        var config = client.ChannelTo(app.Gateway);
        await client.FundAsync(config, LocalChain.Dollar);
        app.Actors.Subnet.Channels.Add(client.IdOf(config));
        app.Actors.Channel(client.IdOf(config)).Serve(1, client.Promise(config, 321, 321).Voucher, new TokenAmount(321));
        (await app.SettleAsync("secret")).Dispose();

        using var answer = await app.ReadSettlementAsync("secret");

        var overview = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(("0", app.Gateway.Address.ToString()), (overview.GetProperty("unsettled").GetString(), overview.GetProperty("operator").GetString()));
        var claim = Assert.Single(overview.GetProperty("claims").EnumerateArray());
        Assert.Equal(("recorded", "321"), (claim.GetProperty("status").GetString(), claim.GetProperty("amount").GetString()));
        using var refused = await app.ReadSettlementAsync(null);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Without_the_registry_the_operator_is_told_so()
    {
        await using var app = await RunningApp.StartAsync(ground);
        app.Actors.Unreachable = true;
        using var answer = await app.SettleAsync("secret");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("registry", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_configured_token_the_endpoint_is_closed()
    {
        await using var app = await RunningApp.StartAsync(ground, ("Ncn:Operator:Token", ""));
        using var answer = await app.SettleAsync("");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task It_is_healthy_and_ready()
    {
        await using var app = await RunningApp.StartAsync(ground);
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await app.Client.GetAsync("readyz")).StatusCode);
    }

    [Fact]
    public async Task On_another_chain_it_is_not_ready()
    {
        await using var app = await RunningApp.StartAsync(ground, ("Ncn:Chain:ChainId", "42161"));
        using var answer = await app.Client.GetAsync("readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("chain 412346", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_settings_stop_the_start()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => RunningApp.StartAsync(ground, ("Ncn:ChainEvents:NodeFloat", "1")));
        Assert.Contains("NodeFloat", failure.Message, StringComparison.Ordinal);
    }
}
