using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Responses, files and batches, by the stock OpenAI client for JavaScript through the paying proxy; files lie in Azurite.</summary>
[Collection(PaidNetwork.Name)]
public sealed class LaterTests(PaidNetwork shared)
{
    [Fact]
    public async Task Stock_client_has_responses_and_batches_and_the_channel_pays_exactly_what_they_say()
    {
        var before = await shared.Account.ReadSettledAsync();
        var printed = (await Command.NodeAsync("later.mjs", shared.Network.Proxy)).Succeeded();
        var costs = JsonSerializer.Deserialize<JsonElement>(printed).GetProperty("cost").EnumerateArray()
            .Select(cost => TokenAmount.Parse(cost.GetString()!)).Aggregate(TokenAmount.Zero, (sum, cost) => sum + cost);
        Assert.Equal(before + costs, await shared.Account.ReadSettledAsync());
    }
}
