using System.Numerics;
using System.Text.Json;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Vouchers become money on the chain, to the unit.</summary>
[Collection(PaidNetwork.Name)]
public sealed class SettlementTests(PaidNetwork shared)
{
    [Fact]
    public async Task Claims_pay_out_exactly_what_was_charged_and_no_unit_is_made_or_lost()
    {
        using var chain = new ChainConnection(shared.Account.Settings);
        var escrow = new InferencePaymentContract(chain);

        // Long enough that half a percent of its price is a unit.
        await shared.Account.Paying(shared.Network.Text).ChatAsync(ChatRequest.Ask("tiny-chat", "Count from 1 to 60") with { MaxTokens = 400 });
        var charged = await shared.Account.ReadSettledAsync();
        var claimedBefore = (await escrow.ReadChannelAsync(shared.Account.Channel)).TotalClaimed;
        Assert.True(charged > claimedBefore);
        var before = await Books.ReadAsync(shared.Network);

        var settlement = await PostAsync("chain-events", "ncn/v1/settlement/run");
        Assert.Equal(charged - claimedBefore, await SumAsync(settlement, shared.Account.Channel));
        Assert.Equal(charged, (await escrow.ReadChannelAsync(shared.Account.Channel)).TotalClaimed);
        var receiver = await escrow.ReadReceiverAsync(shared.Account.Config.Receiver, shared.Account.Settings.Token);
        Assert.Equal((charged, TokenAmount.Zero), (receiver.TotalClaimed, receiver.Unsettled));

        foreach (var worker in shared.Network.Workers())
        {
            await AssertNodeIsPaidAsync(escrow, worker, before);
        }

        var after = await Books.ReadAsync(shared.Network);
        Assert.Equal(before.Held["client"], after.Held["client"]);
        Assert.Equal((before.Supply, before.Sum), (after.Supply, after.Sum));
        await AssertFeesAreInTheRegistryAsync(before, after);
        Assert.Empty((await PostAsync("chain-events", "ncn/v1/settlement/run")).GetProperty("claims").EnumerateArray());
    }

    // The gateway's fee of the settlement above, and each node's: nothing else moved into the registry.
    private async Task AssertFeesAreInTheRegistryAsync(Books before, Books after)
    {
        var gateway = await Books.FeesAsync(shared.Network, shared.Account.Config.Receiver);
        Assert.NotEmpty(gateway);
        var (paid, gone) = (after.Held["registry"] - before.Held["registry"], before.Held["contract"] - after.Held["contract"]);
        Assert.InRange(paid, BigInteger.One, gone / 200);
    }

    [Fact]
    public async Task Operator_endpoints_want_the_operators_token()
    {
        foreach (var address in new[] { new Uri(shared.Network.App("chain-events").Address, "ncn/v1/settlement/run"), new Uri(shared.Network.App("compute-1").Address, "ncn/v1/node/claim") })
        {
            var answer = await Web.PostAsync(address, "");
            Assert.Equal(System.Net.HttpStatusCode.Unauthorized, answer.Status);
        }
    }

    private async Task AssertNodeIsPaidAsync(InferencePaymentContract escrow, RunningApp worker, Books before)
    {
        var status = await Operators.SendAsync(shared.Network, HttpMethod.Get, new Uri(worker.Address, "ncn/v1/node/status"));
        var (node, earned) = (Address.Parse(status.GetProperty("operator").GetString()!), TokenAmount.Parse(status.GetProperty("earned").GetString()!));
        var channel = NodeChannel.Config(shared.Account.Config.Receiver, node, shared.Account.Settings.Token).Id(shared.Account.Settings.PaymentsDomain);
        var claim = await PostAsync(worker.AppId, "ncn/v1/node/claim");
        await SumAsync(claim, null);
        Assert.Equal(earned, (await escrow.ReadChannelAsync(channel)).TotalClaimed);

        // What a node earned over its life is what it holds, less half a percent of each payout, rounded down: it had nothing before.
        var name = "node-" + worker.AppId["compute-".Length..];
        var fees = await Books.FeesAsync(shared.Network, node);
        var fee = fees.Aggregate(BigInteger.Zero, static (sum, paid) => sum + paid);
        Assert.Equal((BigInteger)earned.Units - fee, (await Books.ReadAsync(shared.Network)).Held[name]);
        Assert.InRange(fee, ((BigInteger)earned.Units / 200) - fees.Count, (BigInteger)earned.Units / 200);
        Assert.True(before.Held[name] <= earned.Units);
    }

    /// <summary>The sum of the claims, each of which must be in a block.</summary>
    private async Task<TokenAmount> SumAsync(JsonElement settlement, ChannelId? channel)
    {
        var sum = TokenAmount.Zero;
        foreach (var claim in settlement.GetProperty("claims").EnumerateArray())
        {
            Assert.True(await Books.SucceededAsync(shared.Network, claim.GetProperty("transaction").GetString()!));
            Assert.True(channel is null || claim.GetProperty("channels").EnumerateArray().Any(id => id.GetString() == channel.ToString()), claim.GetRawText());
            sum += TokenAmount.Parse(claim.GetProperty("amount").GetString()!);
        }

        return sum;
    }

    private Task<JsonElement> PostAsync(string appId, string path) =>
        Operators.SendAsync(shared.Network, HttpMethod.Post, new Uri(shared.Network.App(appId).Address, path));
}
