using System.Text.Json;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;
using Xunit.Abstractions;

namespace Ncn.EndToEnd.Tests.Drills;

/// <summary>What goes wrong with money in transit, in the whole network. Nothing is lost and nothing is paid twice, to the unit.</summary>
[Collection(FragileNetwork.Name)]
public sealed class MoneyDrillTests(FragileNetwork shared, ITestOutputHelper output)
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(3);

    [Fact]
    public Task Chain_killed_during_a_claim_pays_it_once() => ClaimAsync(async settling =>
    {
        shared.Network.KillChain();
        await IgnoreAsync(settling);
    });

    [Fact]
    public Task Chain_events_killed_twice_during_a_claim_pays_it_once() => ClaimAsync(async settling =>
    {
        shared.Network.KillApp("chain-events");
        await IgnoreAsync(settling);
        await shared.Network.WaitUntilWholeAsync();
        var again = SettleAsync();
        shared.Network.KillApp("chain-events");
        await IgnoreAsync(again);
    });

    private async Task ClaimAsync(Func<Task<JsonElement>, Task> disturb)
    {
        // Long enough that half a percent of its price is a unit.
        await shared.Account.Paying(shared.Network.Text).ChatAsync(ChatRequest.Ask("tiny-chat", "Count from 1 to 60") with { MaxTokens = 400 });
        var charged = await shared.Account.ReadSettledAsync(Long);
        var before = await ReadAsync("before");

        await disturb(SettleAsync());

        await shared.Network.WaitUntilWholeAsync();
        await Poll.ForAsync<object>("everything is settled", async () =>
        {
            var report = await SettleAsync();
            return report.GetProperty("pending").GetArrayLength() == 0 && await IsPaidOutAsync(charged) ? report : null;
        }, Long);
        var after = await ReadAsync("after");
        after.AssertPaidOnce(before, charged);
        Assert.Empty((await SettleAsync()).GetProperty("claims").EnumerateArray());
        Assert.True(await IsPaidOutAsync(charged));
    }

    private async Task<bool> IsPaidOutAsync(TokenAmount charged)
    {
        using var chain = new ChainConnection(shared.Account.Settings);
        var escrow = new InferencePaymentContract(chain);
        return (await escrow.ReadChannelAsync(shared.Account.Channel)).TotalClaimed == charged
            && (await escrow.ReadReceiverAsync(shared.Account.Config.Receiver, shared.Account.Settings.Token)).Unsettled.IsZero;
    }

    private Task<DrillBooks> ReadAsync(string when) => DrillBooks.ReadAsync(shared.Network, shared.Account, output, when);

    private Task<JsonElement> SettleAsync() => Operators.SendAsync(
        shared.Network, HttpMethod.Post, new Uri(shared.Network.App("chain-events").Address, "ncn/v1/settlement/run"));

    // Whether it was answered, refused or cut off is all the same: what counts is the money.
    private static Task IgnoreAsync(Task<JsonElement> settling) => settling.ContinueWith(static _ => { }, TaskScheduler.Default);
}
