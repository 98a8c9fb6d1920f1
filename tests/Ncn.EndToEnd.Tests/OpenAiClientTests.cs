using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>The stock OpenAI client for JavaScript, which knows nothing of payment, through the paying proxy.</summary>
[Collection(PaidNetwork.Name)]
public sealed class OpenAiClientTests(PaidNetwork shared)
{
    [Fact]
    public async Task Stock_client_chats_through_the_paying_proxy_and_the_channel_pays_exactly_what_it_was_told()
    {
        var before = await shared.Account.ReadSettledAsync();
        var printed = (await Command.NodeAsync("openai.mjs", shared.Network.Proxy, "paid")).Succeeded();
        var costs = JsonSerializer.Deserialize<JsonElement>(printed).GetProperty("cost").EnumerateArray()
            .Select(cost => TokenAmount.Parse(cost.GetString()!)).Aggregate(TokenAmount.Zero, (sum, cost) => sum + cost);
        Assert.Equal(before + costs, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Client_of_its_own_pays_with_viem_and_verifies_the_receipt()
    {
        var before = await shared.Account.ReadSettledAsync();
        var settings = shared.Account.Settings;
        var printed = (await Command.NodeAsync(
            "pay.mjs", shared.Network.Text.AbsoluteUri, shared.Network.KeyFile("client"), settings.Rpc.AbsoluteUri, $"{settings.ChainId}",
            $"{settings.InferencePayment}", $"{settings.ValidatorRegistry}")).Succeeded();
        var said = JsonSerializer.Deserialize<JsonElement>(printed);
        Assert.Equal(shared.Account.Channel.ToString(), said.GetProperty("channelId").GetString());
        Assert.Contains(shared.Network.Description.GetProperty("workers").EnumerateArray(), worker => worker.GetProperty("operator").GetString() == said.GetProperty("node").GetString());
        Assert.Equal(before + TokenAmount.Parse(said.GetProperty("cost").GetString()!), await shared.Account.ReadSettledAsync());
    }
}
