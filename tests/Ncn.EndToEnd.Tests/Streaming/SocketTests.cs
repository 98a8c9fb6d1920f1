using System.Net;
using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests.Streaming;

/// <summary>The .NET client over WebSockets: the same calls and the same payment as over HTTP, many on one socket.</summary>
[Collection(PaidNetwork.Name)]
public sealed class SocketTests(PaidNetwork shared)
{
    private const int Streams = 4;
    private static readonly ChatMessage[] Long = [new("user", "Count from 1 to 60")];

    [Fact]
    public async Task Streams_and_tensors_in_flight_together_are_answered_receipted_and_charged_exactly()
    {
        var before = await shared.Account.ReadSettledAsync();
        using var text = shared.Account.PayingSocket(shared.Network.Socket("text"));
        using var vision = shared.Account.PayingSocket(shared.Network.Socket("vision"));
        var streams = Enumerable.Range(1, Streams).Select(number => StreamAsync(new NcnClient(text), number)).ToArray();
        var image = new NcnClient(vision).InferAsync("digits", new InferRequest([Tensor.Of("image", [1, 1, 8, 8], new float[64])]));
        var answers = await Task.WhenAll(streams);
        Assert.All(answers.Index(), answer => Assert.Contains($"{2 * (answer.Index + 1)}", answer.Item.Text, StringComparison.Ordinal));
        NcnMember[] members = [.. answers.Select(static answer => answer.Network), (await image).Network!];
        Assert.All(members, member => Assert.Null(ReceiptCheck.Problem(member, shared.Account.Settings.NetworkDomain, [])));
        var costs = members.Aggregate(TokenAmount.Zero, static (sum, member) => sum + member.Cost);
        Assert.Equal(before + costs, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task A_repeat_over_another_socket_gets_the_first_answer_and_costs_nothing()
    {
        var before = await shared.Account.ReadSettledAsync();
        var key = Guid.NewGuid().ToString();
        var request = ChatRequest.Ask("tiny-chat", "What is 3 + 4?") with { MaxTokens = 16, Temperature = 0 };
        var answers = new List<ChatAnswer>();
        for (var times = 0; times < 2; times++)
        {
            using var http = shared.Account.PayingSocket(shared.Network.Socket("text"));
            answers.Add(await new NcnClient(http).ChatAsync(request, key));
        }

        Assert.Equal(answers[0].Content, answers[1].Content);
        Assert.Equal(answers[0].Network!.Receipt.Signature, answers[1].Network!.Receipt.Signature);
        Assert.Equal(before + answers[0].Network!.Cost, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task A_stream_goes_on_beyond_its_first_voucher_and_the_answer_is_the_same_as_in_one()
    {
        var before = await shared.Account.ReadSettledAsync();
        using var whole = shared.Account.PayingSocket(shared.Network.Socket("text"));
        using var steps = shared.Account.PayingSocket(shared.Network.Socket("text"));
        steps.DefaultRequestHeaders.Add("ncn-reserve", "1");
        var request = new ChatRequest("tiny-chat", Long, MaxTokens: 200, Temperature: 0, Seed: 7);
        var expected = await ReadAsync(new NcnClient(whole).StreamChatAsync(request));
        var grown = await ReadAsync(new NcnClient(steps).StreamChatAsync(request));
        Assert.Equal(expected.Text, grown.Text);
        Assert.True(grown.Network.Cost > expected.Network.Cost, $"one leg: {grown.Network.Cost} is not above {expected.Network.Cost}");
        Assert.Equal(before + expected.Network.Cost + grown.Network.Cost, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Client_of_its_own_pays_a_stream_step_by_step_over_a_socket()
    {
        var settings = shared.Account.Settings;
        (await Command.NodeAsync(
            "grow.mjs", shared.Network.Socket("text").AbsoluteUri, shared.Network.KeyFile("client"), $"{settings.ChainId}", $"{settings.InferencePayment}")).Succeeded();
    }

    [Fact]
    public async Task What_is_wrong_is_told_as_over_http()
    {
        using var http = shared.Account.PayingSocket(shared.Network.Socket("text"));
        var refused = await Assert.ThrowsAsync<NcnException>(() => new NcnClient(http).ChatAsync(ChatRequest.Ask("no-such-model", "Hi")));
        Assert.Equal(HttpStatusCode.NotFound, refused.Status);
        Assert.Equal("model_not_found", refused.Code);
    }

    private static Task<(string Text, NcnMember Network)> StreamAsync(NcnClient client, int number) => ReadAsync(client.StreamChatAsync(
        ChatRequest.Ask("tiny-chat", $"What is {number} + {number}?") with { MaxTokens = 32, Temperature = 0 }));

    private static async Task<(string Text, NcnMember Network)> ReadAsync(IAsyncEnumerable<ChatPiece> pieces)
    {
        var (text, network) = (string.Empty, (NcnMember?)null);
        await foreach (var piece in pieces)
        {
            text += piece.Text;
            network = piece.Network ?? network;
        }

        return (text, network!);
    }
}
