using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Many requests in flight on one channel, at two gateways, more than the workers have room for.</summary>
[Collection(PaidNetwork.Name)]
public sealed class ParallelTests(PaidNetwork shared)
{
    private const int Chats = 12;
    private const int Images = 8;

    [Fact]
    public async Task Requests_in_flight_together_are_all_answered_and_charged_exactly()
    {
        var before = await shared.Account.ReadSettledAsync();
        var (text, vision) = (shared.Account.Paying(shared.Network.Text), shared.Account.Paying(shared.Network.Vision));
        var chats = Enumerable.Range(1, Chats).Select(number => text.ChatAsync(ChatRequest.Ask("tiny-chat", $"What is {number} + {number}?") with { MaxTokens = 64, Temperature = 0 }));
        var images = Enumerable.Range(1, Images).Select(_ => vision.InferAsync("digits", new InferRequest([Tensor.Of("image", [1, 1, 8, 8], new float[64])])));
        var (chatting, looking) = (Task.WhenAll(chats), Task.WhenAll(images));
        Assert.Equal(Enumerable.Range(1, Chats), (await chatting).Select((answer, index) => answer.Content.Contains($"{2 * (index + 1)}", StringComparison.Ordinal) ? index + 1 : 0));
        NcnMember[] members = [.. (await chatting).Select(answer => answer.Network!), .. (await looking).Select(answer => answer.Network!)];

        Assert.All(members, member => Assert.Null(ReceiptCheck.Problem(member, shared.Account.Settings.NetworkDomain, [])));
        Assert.Equal(Chats + Images, members.Select(member => member.RequestId).Distinct().Count());
        var costs = members.Aggregate(TokenAmount.Zero, static (sum, member) => sum + member.Cost);
        Assert.Equal(before + costs, await shared.Account.ReadSettledAsync());
    }
}
