using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.Client.Paying;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>A quote binds the gateway, a policy the client, and a forecast tells what is left: over real processes, with real money.</summary>
[Collection(PaidNetwork.Name)]
public sealed class SpendPolicyTests(PaidNetwork shared)
{
    private static readonly ChatRequest Question = ChatRequest.Ask("tiny-chat", "What is 2 + 3?") with { MaxTokens = 16, Temperature = 0 };

    [Fact]
    public async Task What_a_payer_signed_binds_its_key_at_every_gateway_and_what_a_gateway_signed_binds_it()
    {
        var (text, vision) = (shared.Account.Paying(shared.Network.Text), shared.Account.Paying(shared.Network.Vision));
        var books = shared.Account.Books(shared.Network.Text);
        var quote = await text.QuoteAsync(Question);
        var answer = await text.ChatAsync(Question, quote);
        Assert.True(answer.Network!.Cost <= quote.Ceiling && !answer.Network.Cost.IsZero, $"{answer.Network.Cost} of {quote.Ceiling}");
        try
        {
            await books.SetPolicyAsync(shared.Account.Config, new SpendLimits { PerRequest = quote.Ceiling - new TokenAmount(1) });
            Assert.Equal("spend_policy_request_cap", await RefusalAsync(() => text.ChatAsync(Question)));
            await books.SetPolicyAsync(shared.Account.Config, new SpendLimits
            {
                ListedOnly = true, Models = [new ModelCap("tiny-chat", SpendPolicy.NoCap, quote.Ceiling)],
            });
            Assert.Equal("spend_policy_model_day_cap", await RefusalAsync(() => text.ChatAsync(Question)));
            Assert.Contains("spend policy", (await Assert.ThrowsAsync<NcnException>(() => vision.InferAsync("digits", Image()))).Message, StringComparison.Ordinal);
            var forecast = await books.ForecastAsync(shared.Account.Config);
            Assert.True(forecast.Forecast.SpentToday >= answer.Network.Cost && !forecast.Forecast.PerDay.IsZero && !forecast.Forecast.Available.IsZero);
            Assert.True(forecast.Policy!.Message.ListedOnly);
        }
        finally
        {
            await books.SetPolicyAsync(shared.Account.Config, new SpendLimits());
        }

        Assert.Equal(answer.Content, (await text.ChatAsync(Question)).Content);
    }

    private static InferRequest Image() => new([Tensor.Of("image", [1, 1, 8, 8], new float[64])]);

    private static async Task<string?> RefusalAsync(Func<Task> ask) => (await Assert.ThrowsAsync<NcnException>(ask)).Code;
}
