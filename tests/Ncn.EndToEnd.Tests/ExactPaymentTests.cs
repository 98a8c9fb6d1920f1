using System.Net;
using System.Security.Cryptography;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Payments.X402;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>A payment by exact that is sent again, to the running network.</summary>
[Collection(StockNetwork.Name)]
public sealed class ExactPaymentTests(StockNetwork shared)
{
    private static readonly TokenAmount Dollar = new(1_000_000);

    private Uri Chat => new(shared.Network.Text, "v1/chat/completions");

    [Fact]
    public async Task The_same_payment_gets_the_same_answer_once_paid_and_serves_for_nothing_else()
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);
        var body = Web.Chat("What is 21 + 21?");
        var offer = await OfferAsync(body);
        var payment = payer.Exact(offer, new Hash32(RandomNumberGenerator.GetBytes(32)));

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Web.PostAsync(Chat, body, payment)));
        var late = await Web.PostAsync(Chat, body, payment);

        Assert.All(answers, answer => Assert.Equal(late.Body, answer.IsOk().Body));
        Assert.All(answers, answer => Assert.Equal(late.Header(X402Header.Response), answer.Header(X402Header.Response)));
        Assert.Equal(Dollar - offer.Amount, await payer.ReadBalanceAsync());

        (await Web.PostAsync(Chat, Web.Chat("What is 22 + 22?"), payment)).IsOpenAiError(HttpStatusCode.Conflict, "idempotency_conflict");
        var vision = await Web.PostAsync(new Uri(shared.Network.Vision, "settle"), Facilitated(payment, offer));
        Assert.False(vision.IsOk().Json.GetProperty("success").GetBoolean());
        Assert.Equal(Dollar - offer.Amount, await payer.ReadBalanceAsync());
    }

    [Fact]
    public async Task A_request_that_the_model_refuses_moves_nothing()
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);
        var body = Web.Chat("What is 1 + 1?", maxTokens: 100_000);
        var answer = await Web.PostAsync(Chat, body, payer.Exact(await OfferAsync(Web.Chat("What is 1 + 1?")), new Hash32(RandomNumberGenerator.GetBytes(32))));
        Assert.NotEqual(HttpStatusCode.OK, answer.Status);
        Assert.Equal(Dollar, await payer.ReadBalanceAsync());
    }

    [Fact]
    public async Task The_facilitator_of_the_operator_verifies_and_settles()
    {
        using var payer = await StockPayer.CreateAsync(shared, Dollar);
        var offer = await OfferAsync(Web.Chat("What is 1 + 1?"));
        var body = Facilitated(payer.Exact(offer, new Hash32(RandomNumberGenerator.GetBytes(32))), offer);

        Assert.True((await Web.PostAsync(new Uri(shared.Network.Text, "verify"), body)).IsOk().Json.GetProperty("isValid").GetBoolean());
        Assert.Equal(Dollar, await payer.ReadBalanceAsync());
        var settled = (await Web.PostAsync(new Uri(shared.Network.Text, "settle"), body)).IsOk().Json;
        Assert.True(settled.GetProperty("success").GetBoolean(), settled.GetRawText());
        Assert.True(await Books.SucceededAsync(shared.Network, settled.GetProperty("transaction").GetString()!));
        Assert.Equal(Dollar - offer.Amount, await payer.ReadBalanceAsync());

        var kinds = (await Web.GetAsync(new Uri(shared.Network.Text, "supported"))).IsOk().Json.GetProperty("kinds");
        Assert.Equal(3, kinds.GetArrayLength());
        var items = (await Web.GetAsync(new Uri(shared.Network.Vision, "discovery/resources"))).IsOk().Json.GetProperty("items");
        Assert.EndsWith("/v2/models/digits/infer", items[0].GetProperty("resource").GetString(), StringComparison.Ordinal);
    }

    private async Task<PaymentRequirements> OfferAsync(string body) =>
        Account.Required(await Web.PostAsync(Chat, body)).Accepts.First(static offer => offer.Scheme == X402Header.Exact);

    private static string Facilitated(string payment, PaymentRequirements offer)
    {
        var payload = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(Convert.FromBase64String(payment));
        return X402Header.ToJson(new { x402Version = 2, paymentPayload = payload, paymentRequirements = offer });
    }
}
