using System.Net;
using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Plain HTTP to the paid gateways, without payment.</summary>
[Collection(PaidNetwork.Name)]
public sealed class PaymentRequiredTests(PaidNetwork shared)
{
    private const string Image = """{"inputs":[{"name":"image","shape":[1,1,8,8],"datatype":"FP32","data":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}]}""";

    [Theory]
    [InlineData("chat")]
    [InlineData("infer")]
    public async Task Unpaid_request_is_told_what_to_pay_and_charged_nothing(string kind)
    {
        var before = await shared.Account.ReadSettledAsync();
        var address = kind == "chat" ? new Uri(shared.Network.Text, "v1/chat/completions") : new Uri(shared.Network.Vision, "v2/models/digits/infer");
        var answer = await Web.PostAsync(address, kind == "chat" ? Web.Chat("What is 12 + 34?") : Image);

        Assert.Equal(HttpStatusCode.PaymentRequired, answer.Status);
        var required = Account.Required(answer);
        Assert.Equal(2, required.X402Version);
        Assert.Equal(address.AbsoluteUri, required.Resource.Url);
        Assert.Equal(["batch-settlement", "exact"], required.Accepts.Select(static each => each.Scheme));
        var (offer, transfer) = (required.Accepts[0], required.Accepts[1]);
        Assert.Equal((offer.Amount, offer.Asset, offer.PayTo), (transfer.Amount, transfer.Asset, transfer.PayTo));
        Assert.Equal(("USD Coin", "2"), (transfer.Extra.Name, transfer.Extra.Version));
        Assert.Equal("eip155:412346", offer.Network);
        Assert.True(offer.Amount > TokenAmount.Zero);
        Assert.Equal(shared.Account.Settings.Token, offer.Asset);
        Assert.Equal(shared.Account.Config.Receiver, offer.PayTo);
        Assert.Equal(shared.Account.Config.ReceiverAuthorizer, offer.Extra.ReceiverAuthorizer);
        Assert.Equal(900UL, offer.Extra.WithdrawDelay);
        AssertFirstVersion(answer.Json, offer.Amount, address);
        Assert.Equal(before, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Ceiling_grows_with_the_tokens_asked_for()
    {
        var address = new Uri(shared.Network.Text, "v1/chat/completions");
        var few = Account.Offer(await Web.PostAsync(address, Web.Chat("Hello", maxTokens: 1)));
        var many = Account.Offer(await Web.PostAsync(address, Web.Chat("Hello", maxTokens: 101)));

        // tiny-chat takes 6 units for a token, and the gateway's margin is 10 %.
        Assert.Equal(new TokenAmount(660), many.Amount - few.Amount);
    }

    private static void AssertFirstVersion(JsonElement body, TokenAmount amount, Uri address)
    {
        Assert.Equal(1, body.GetProperty("x402Version").GetInt32());
        Assert.Equal("payment_required", body.GetProperty("error").GetString());
        var offer = Assert.Single(body.GetProperty("accepts").EnumerateArray());
        Assert.Equal("exact", offer.GetProperty("scheme").GetString());
        Assert.Equal("eip155:412346", offer.GetProperty("network").GetString());
        Assert.Equal(amount.ToString(), offer.GetProperty("maxAmountRequired").GetString());
        Assert.Equal(address.AbsoluteUri, offer.GetProperty("resource").GetString());
    }
}
