using System.Globalization;
using Ncn.Coordination.Dispatch;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Serving.Execution;
using Ncn.Serving.Hosting;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Tests.Routing;

/// <summary>Slow, dying and lying nodes between a gateway's real parts and real gRPC: what the client sees, who is paid what.</summary>
public sealed class RoutedRunTests
{
    private static readonly string Whole = string.Concat(Enumerable.Range(0, 12).Select(static token => string.Create(CultureInfo.InvariantCulture, $"{token} ")));
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_slow_first_token_brings_a_second_node_and_the_loser_is_stopped_and_not_charged()
    {
        await using var gateway = await RoutedGateway.StartAsync(2, options: new RoutingOptions { HedgePercent = 20, HedgeSamples = 8, LeastHedgeMilliseconds = 0 }); // none of the first eight, however slow the machine
        var (slow, other) = (gateway.Nodes[0], gateway.Nodes[1]);
        for (var warm = 0; warm < 8; warm++)
        {
            await gateway.RunAsync(gateway.Plan(other));
        }

        slow.BeforeToken = static _ => Task.Delay(Timeout.Infinite);
        var (text, end) = await gateway.RunAsync(gateway.Plan(slow)).WaitAsync(Limit);
        Assert.Equal((Whole, 2u, other.Address), (text, end.Attempts, end.Receipt.Message.Node));
        Assert.Equal(12u, end.CompletionTokens);

        await UntilAsync(() => !slow.Receipts.IsEmpty);
        Assert.Equal([0u], slow.Stopped);
        Assert.Equal(TokenAmount.Zero, Assert.Single(slow.Receipts).Price);
        await UntilAsync(() => gateway.PaidTo(other) == new TokenAmount(9 * 88));
        Assert.Equal(TokenAmount.Zero, gateway.PaidTo(slow));
        Assert.Equal(0u, gateway.State.HealthOf(slow.Address).Failures);
        Assert.Empty(gateway.State.Runs);
    }

    [Fact]
    public async Task A_broken_promise_is_credited_to_the_client_and_the_node_charges_less_by_its_own_clock()
    {
        await using var gateway = await RoutedGateway.StartAsync(1, new ServiceLevel(1, 0));
        var node = gateway.Nodes[0];
        node.BeforeToken = static token => token == 0 ? Task.Delay(100) : Task.CompletedTask;
        node.OwnCredit = 4_000;
        var (_, end) = await gateway.RunAsync(gateway.Plan());

        Assert.Equal(node.Offer.Service, Assert.Single(node.Jobs).Service);
        var full = UsagePrice.WithMargin(UsagePrice.Of(node.Offer.Price, end.Usage), 1_000);
        Assert.Equal(ServiceCredit.MaxBasisPoints, end.Service.CreditBasisPoints);
        Assert.True(end.Service.Measured.FirstTokenMilliseconds >= 50, $"{end.Service.Measured}");
        // Of the half that the gateway measured, what the node's own credit and the margin cover.
        Assert.Equal(new TokenAmount(88 - 35), end.Receipt.Message.Price);
        Assert.Equal(full - end.Receipt.Message.Price, end.Service.Credit);
        Assert.Equal(full - end.Service.Credit, gateway.CostOf(end));

        var stated = Evidence.Of(end, gateway.CostOf(end), payment: null).ToJson()["service"]!;
        Assert.Equal(5_000, stated["creditBasisPoints"]!.GetValue<int>());
        Assert.Equal(end.Service.Credit.ToString(), stated["credit"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(0u, 88)]
    [InlineData(5_000u, 49)]
    public async Task A_node_that_is_late_and_credits_less_is_never_paid_more_than_its_client_pays(uint ownCredit, ulong cost)
    {
        await using var gateway = await RoutedGateway.StartAsync(1, new ServiceLevel(1, 0));
        gateway.Nodes[0].BeforeToken = static token => token == 0 ? Task.Delay(100) : Task.CompletedTask;
        gateway.Nodes[0].OwnCredit = ownCredit;
        var (_, end) = await gateway.RunAsync(gateway.Plan());
        Assert.True(gateway.CostOf(end) >= end.Receipt.Message.Price, $"{gateway.CostOf(end)} for {end.Receipt.Message.Price}");
        Assert.Equal(new TokenAmount(cost), gateway.CostOf(end));
    }

    [Fact]
    public async Task A_kept_promise_costs_the_whole_price()
    {
        await using var gateway = await RoutedGateway.StartAsync(1, new ServiceLevel(3_600_000, 0));
        var (_, end) = await gateway.RunAsync(gateway.Plan());
        Assert.Equal(TokenAmount.Zero, end.Service.Credit);
        Assert.Equal(UsagePrice.WithMargin(new TokenAmount(88), 1_000), gateway.CostOf(end));
    }

    [Fact]
    public async Task A_stream_goes_on_at_another_node_with_the_same_seed_and_is_billed_once()
    {
        await using var gateway = await RoutedGateway.StartAsync(2);
        var (dying, heir) = (gateway.Nodes[0], gateway.Nodes[1]);
        dying.DiesAt = 5;
        var commitments = new List<ChunkCommitment>();
        var (text, end) = await gateway.RunAsync(gateway.Plan(dying), part => commitments.AddRange(part is RunPart.Text { Commitment: { } signed } ? [signed] : []));

        Assert.Equal((Whole, 2u, 12u), (text, end.Attempts, end.CompletionTokens));
        Assert.Equal(Assert.Single(dying.Jobs).Seed, Assert.Single(heir.Jobs).Seed);
        Assert.Equal(UsagePrice.WithMargin(new TokenAmount(10 + (2 * 3) + (6 * 12)), 1_000), gateway.CostOf(end));
        Assert.Equal(TokenAmount.Zero, gateway.PaidTo(dying));
        await UntilAsync(() => gateway.PaidTo(heir) == new TokenAmount(10 + (2 * 3) + (6 * 7)));
        Assert.Equal([dying.Address, heir.Address], commitments.Select(static signed => signed.Node).Distinct());
        Assert.True(gateway.State.HealthOf(dying.Address).EjectedUntil > 0);
    }

    [Fact]
    public async Task A_stream_whose_only_node_died_goes_on_when_it_has_joined_anew_though_nobody_else_asks_who_is_there()
    {
        await using var gateway = await RoutedGateway.StartAsync(1);
        var node = gateway.Nodes[0];
        node.DiesAt = 5;
        var running = gateway.RunAsync(gateway.Plan());
        await UntilAsync(() => gateway.State.HealthOf(node.Address).Failures == 1);
        node.DiesAt = null;
        gateway.JoinAnew();
        var (text, end) = await running.WaitAsync(Limit);
        Assert.Equal((Whole, 2u), (text, end.Attempts));
    }

    [Fact]
    public async Task A_node_that_lies_is_replaced_and_kept_out()
    {
        await using var gateway = await RoutedGateway.StartAsync(2);
        var (liar, honest) = (gateway.Nodes[0], gateway.Nodes[1]);
        liar.Lies = true;
        Assert.Equal(Whole, (await gateway.RunAsync(gateway.Plan(liar))).Text);
        Assert.True(gateway.State.HealthOf(liar.Address).BarredUntil > 0);
        Assert.Equal(honest.Address, (await gateway.RunAsync(gateway.Plan(liar))).End.Receipt.Message.Node);
        Assert.Single(liar.Jobs);
    }

    [Fact]
    public async Task A_node_that_is_wished_for_gets_the_run_and_without_fallbacks_nobody_else()
    {
        await using var gateway = await RoutedGateway.StartAsync(3);
        foreach (var node in gateway.Nodes)
        {
            Assert.Equal(node.Address, (await gateway.RunAsync(gateway.Plan(node))).End.Receipt.Message.Node);
        }

        gateway.Nodes[1].DiesAt = 0;
        var strict = gateway.Plan() with { Preferences = RoutingPreferences.None with { Only = [gateway.Nodes[1].Address], AllowFallbacks = false } };
        Assert.Equal("nodes_failed", (await Assert.ThrowsAsync<ApiException>(() => gateway.RunAsync(strict))).Error.Code);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var begun = DateTime.UtcNow; !condition();)
        {
            Assert.True(DateTime.UtcNow - begun < Limit, "What should come did not come.");
            await Task.Delay(20);
        }
    }
}
