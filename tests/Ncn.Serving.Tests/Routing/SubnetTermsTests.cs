using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Ncn.Actors;
using Ncn.Coordination.Dispatch;
using Ncn.Coordination.Subnets;
using Ncn.Coordination.Subnets.Policies;
using Ncn.Protocol;
using Ncn.Serving.Nodes;
using Ncn.Serving.Routing;
using Ncn.Serving.Tests.Payments;

namespace Ncn.Serving.Tests.Routing;

/// <summary>What the subnet rules, at a gateway that runs.</summary>
public sealed class SubnetTermsTests
{
    private static readonly PolicyDocument Nothing = new();

    [Fact]
    public async Task A_model_that_the_policy_does_not_list_is_neither_listed_nor_routed_to_from_the_next_snapshot_on()
    {
        using var gateway = new MemoryGateway();
        Assert.Single(await gateway.Routing.FindAsync("tiny-chat", default));

        Rule(gateway, Nothing with { Models = [new Hash32(Enumerable.Repeat((byte)9, 32).ToArray())] });
        Assert.Empty(await gateway.Routing.FindAsync("tiny-chat", default));
        Assert.Empty(await gateway.Routing.FindAsync(null, default));

        Rule(gateway, Nothing with { Models = [gateway.Offer.Digest.Value] });
        Assert.Single(await gateway.Routing.FindAsync("tiny-chat", default));
    }

    [Theory]
    [InlineData(6UL, true)]
    [InlineData(5UL, false)]
    public async Task A_node_above_the_price_ceiling_is_not_there(ulong perToken, bool isThere)
    {
        using var gateway = new MemoryGateway();
        Rule(gateway, Nothing with { OtherPriceCeiling = MemoryGateway.Price with { PerCompletionToken = new(perToken) } });

        Assert.Equal(isThere, (await gateway.Routing.FindAsync("tiny-chat", default)).Count == 1);
    }

    [Fact]
    public async Task The_margin_falls_at_once_and_a_higher_one_is_not_charged_to_requests_that_were_priced_before()
    {
        using var gateway = new MemoryGateway();
        await gateway.Routing.GetAsync(default);
        Assert.Equal((1_000u, 1_000u), Margins(gateway));

        Rule(gateway, Nothing with { FeeBasisPoints = 300 });
        await gateway.Routing.GetAsync(default);
        Assert.Equal((300u, 300u), Margins(gateway));

        Rule(gateway, Nothing with { FeeBasisPoints = 5_000 });
        await gateway.Routing.GetAsync(default);
        Assert.Equal((1_000u, 300u), Margins(gateway));
        gateway.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal((1_000u, 1_000u), Margins(gateway));
    }

    [Fact]
    public async Task What_is_free_is_the_policys_to_say_unless_the_operator_does_not_follow()
    {
        var free = Nothing with { FreeTier = new FreeTier(3, 4, new(5)) };
        using var gateway = new MemoryGateway();
        Rule(gateway, free);
        await gateway.Routing.GetAsync(default);
        using var own = new MemoryGateway(settings: new Dictionary<string, string?> { ["Ncn:Gateway:FreeTier:FollowPolicy"] = "false" });
        Rule(own, free);
        await own.Routing.GetAsync(default);

        Assert.Equal(free.FreeTier, gateway.Terms.FreeTier);
        Assert.Equal(new FreeTier(0, 0, new(10_000)), own.Terms.FreeTier);
    }

    [Fact]
    public async Task Nodes_are_not_taken_without_the_rules_that_they_are_in_by()
    {
        using var gateway = new MemoryGateway();
        await gateway.Routing.GetAsync(default);
        Rule(gateway, Nothing);
        gateway.Actors.Subnet.Rules = gateway.Actors.Subnet.Rules with { Policy = "{\"version\":2}" };
        gateway.Actors.Subnet.Snapshot = gateway.Actors.Subnet.Snapshot with { Nodes = [] };

        Assert.Single(await gateway.Routing.FindAsync("tiny-chat", default));
    }

    [Fact]
    public async Task A_node_that_drains_is_there_without_room()
    {
        using var gateway = new MemoryGateway();
        var before = gateway.Actors.Subnet.Snapshot;
        gateway.Actors.Subnet.Snapshot = before with { Nodes = [before.Nodes[0] with { IsDraining = true }] };

        Assert.Equal(0, Assert.Single(await gateway.Routing.FindAsync("tiny-chat", default)).FreeSlots);
    }

    [Fact]
    public async Task The_subnet_is_told_of_a_node_that_breaks_its_word_once_and_again_when_it_matters()
    {
        using var gateway = new MemoryGateway();
        await gateway.Routing.GetAsync(default);
        var desk = gateway.Get<DispatchDesk>();
        for (var run = 1UL; run <= 3; run++)
        {
            Refuse(desk, run);
        }

        await RefreshAsync(gateway);
        await RefreshAsync(gateway);
        var told = Assert.Single(gateway.Actors.Subnet.Judgements);
        Assert.Equal(gateway.Node.Address, Assert.Single(told.Scores).Node);
        Assert.InRange(told.Scores[0].Score, 650u, 700u);

        Refuse(desk, 4);
        await RefreshAsync(gateway);
        Assert.Equal(2, gateway.Actors.Subnet.Judgements.Count);
    }

    [Fact]
    public async Task The_subnets_description_has_its_rules()
    {
        using var gateway = new MemoryGateway();
        var policy = Nothing with { FeeBasisPoints = 300, VerificationFloor = 900 };
        Rule(gateway, policy, new MirroredParameters(5, default, new(7), default, 0, 600, 500, policy.Hash()));
        await gateway.Routing.GetAsync(default);
        var http = MemoryGateway.Http();
        await gateway.Get<NodesEndpoint>().SubnetAsync(http);

        http.Response.Body.Position = 0;
        var said = (await JsonDocument.ParseAsync(http.Response.Body)).RootElement;
        Assert.Equal(policy.Hash().ToString(), said.GetProperty("policy").GetProperty("hash").GetString());
        Assert.True(said.GetProperty("policy").GetProperty("isNamedByChain").GetBoolean());
        Assert.Equal(300, said.GetProperty("policy").GetProperty("document").GetProperty("feeBasisPoints").GetInt32());
        Assert.Equal(900, said.GetProperty("terms").GetProperty("verificationFloor").GetInt32());
        Assert.Equal("7", said.GetProperty("parameters").GetProperty("minNodeStake").GetString());
    }

    [Fact]
    public async Task A_document_that_the_chain_does_not_name_is_refused_in_words()
    {
        using var gateway = new MemoryGateway();
        var http = MemoryGateway.Http();
        http.Request.Body = new MemoryStream("{\"version\":1}"u8.ToArray());
        await gateway.Get<NodesEndpoint>().PolicyAsync(http);

        Assert.Equal(StatusCodes.Status422UnprocessableEntity, http.Response.StatusCode);
    }

    private static (uint Asked, uint Charged) Margins(MemoryGateway gateway) => (gateway.Terms.MarginBasisPoints, gateway.Terms.ChargedMarginBasisPoints);

    private static void Refuse(DispatchDesk desk, ulong run)
    {
        var query = new DispatchQuery(["tiny-chat"], 1, 1, 0, new TokenAmount(1_000_000), ulong.MaxValue);
        Assert.IsType<DispatchOutput.Start>(desk.Apply(new DispatchInput.Arrive(desk.Now, run, query, 0))[0]);
        desk.Apply(new DispatchInput.Fail(desk.Now, run, 0, DispatchFailure.Busy, 0));
        desk.Apply(new DispatchInput.Abandon(desk.Now, run));
    }

    private static async Task RefreshAsync(MemoryGateway gateway)
    {
        gateway.Time.Advance(TimeSpan.FromSeconds(2));
        await gateway.Routing.GetAsync(default);
    }

    private static void Rule(MemoryGateway gateway, PolicyDocument policy, MirroredParameters? parameters = null)
    {
        var subnet = gateway.Actors.Subnet;
        subnet.Rules = new SubnetRules(Encoding.UTF8.GetString(policy.Canonical()), policy.Hash(), null, parameters, null, null);
        subnet.Snapshot = subnet.Snapshot with { Version = subnet.Snapshot.Version + 1, PolicyHash = policy.Hash(), Parameters = parameters };
        gateway.Time.Advance(TimeSpan.FromSeconds(2));
    }
}
