using System.Net;
using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Xunit.Abstractions;

namespace Ncn.EndToEnd.Tests.Drills;

/// <summary>One voucher presented twice at the same moment pays for one request, and becomes money once.</summary>
[Collection(PaidNetwork.Name)]
public sealed class SameVoucherTests(PaidNetwork shared, ITestOutputHelper output)
{
    // Sixteen images cost a little more than the longest answer may, so that one voucher fits either request and never both.
    private const int Images = 16;
    private const int MaxTokens = 200;
    private static readonly string Pixels = string.Join(',', Enumerable.Repeat("0", Images * 64));

    private Request Text => new(new Uri(shared.Network.Text, "v1/chat/completions"), Web.Chat("Count from 1 to 60", MaxTokens));

    private Request Vision => new(
        new Uri(shared.Network.Vision, "v2/models/digits/infer"),
        $$"""{"inputs":[{"name":"image","shape":[{{Images}},1,8,8],"datatype":"FP32","data":[{{Pixels}}]}]}""");

    [Fact]
    public Task Two_gateways_that_get_the_same_voucher_serve_it_once() => DrillAsync(Text, Vision);

    [Fact]
    public Task One_gateway_that_gets_the_same_voucher_twice_serves_it_once() => DrillAsync(Text, Text);

    private async Task DrillAsync(Request first, Request second)
    {
        var charged = await shared.Account.ReadSettledAsync();
        var ceiling = TokenAmount.Max(await AskPriceAsync(first), await AskPriceAsync(second));
        var before = await ReadAsync("before");
        var voucher = charged + ceiling;

        var answers = await Task.WhenAll(SendAsync(first, voucher), SendAsync(second, voucher));

        var served = Assert.Single(answers, static answer => answer.Status == HttpStatusCode.OK);
        var refused = Assert.Single(answers, answer => answer != served);
        var books = AssertCorrected(refused, voucher);
        charged += CostOf(served);
        Assert.Equal(charged, await shared.Account.ReadSettledAsync());

        var loser = refused == answers[0] ? first : second;
        AssertCorrected(await SendAsync(loser, voucher), voucher);
        charged += CostOf((await SendAsync(loser, books)).IsOk());
        Assert.Equal(charged, await shared.Account.ReadSettledAsync());
        Assert.All(await Task.WhenAll(SendAsync(first, voucher), SendAsync(second, voucher)), answer => AssertCorrected(answer, voucher));

        await SettleAsync();
        Assert.Empty((await SettleAsync()).GetProperty("claims").EnumerateArray());
        Assert.Equal(charged, await shared.Account.ReadSettledAsync());
        (await ReadAsync("after")).AssertPaidOnce(before, charged);
    }

    /// <summary>The corrective 402: it has the books as they are, which ask for a higher voucher. Returns the total that would be enough.</summary>
    private static TokenAmount AssertCorrected(Answer answer, TokenAmount voucher)
    {
        Assert.True(answer.Status == HttpStatusCode.PaymentRequired, $"{answer.Status}: {answer.Body}");
        Assert.Equal(BatchSettlementError.AmountMismatch, Account.Required(answer).Error);
        var offer = Account.Offer(answer);
        var books = offer.Extra.ChannelState!;
        var enough = books.ChargedCumulativeAmount + books.ReservedAmount + offer.Amount;
        Assert.True(enough > voucher, $"{enough} is no more than {voucher}.");
        return enough;
    }

    private static async Task<TokenAmount> AskPriceAsync(Request request) => Account.Offer(await Web.PostAsync(request.Address, request.Body)).Amount;

    private Task<Answer> SendAsync(Request request, TokenAmount voucher) => Web.PostAsync(request.Address, request.Body, shared.Account.Voucher(voucher));

    private static TokenAmount CostOf(Answer answer) =>
        X402Header.Decode<SettlementResponse>(answer.Header(X402Header.Response)!, out _)!.Extra!.ChargedAmount!.Value;

    private Task<JsonElement> SettleAsync() => Operators.SendAsync(
        shared.Network, HttpMethod.Post, new Uri(shared.Network.App("chain-events").Address, "ncn/v1/settlement/run"));

    private Task<DrillBooks> ReadAsync(string when) => DrillBooks.ReadAsync(shared.Network, shared.Account, output, when);

    private sealed record Request(Uri Address, string Body);
}
