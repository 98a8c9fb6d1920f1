using System.Net;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>A repeat under the same Idempotency-Key gets the first answer and costs nothing.</summary>
[Collection(PaidNetwork.Name)]
public sealed class IdempotencyTests(PaidNetwork shared)
{
    private static readonly TokenAmount Ceiling = new(10_000);

    [Fact]
    public async Task Same_key_gives_the_same_answer_once_charged_even_by_a_gateway_that_was_killed_in_between()
    {
        var key = Guid.NewGuid().ToString();
        var before = await shared.Account.ReadSettledAsync();
        var first = (await PostAsync(key, "What is 20 + 22?")).IsOk();
        var paid = await shared.Account.ReadSettledAsync();
        Assert.Equal(before + TokenAmount.Parse(first.Header("x-ncn-cost")!), paid);
        Assert.True(paid > before);

        var second = (await PostAsync(key, "What is 20 + 22?")).IsOk();
        Assert.Equal(first.Body, second.Body);
        Assert.Equal(first.Header("PAYMENT-RESPONSE"), second.Header("PAYMENT-RESPONSE"));

        shared.Network.KillApp("gateway-text");
        await shared.Network.WaitUntilWholeAsync();
        var third = (await PostAsync(key, "What is 20 + 22?")).IsOk();
        Assert.Equal(first.Body, third.Body);
        Assert.Equal(paid, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Same_key_for_another_request_is_a_conflict_and_costs_nothing()
    {
        var key = Guid.NewGuid().ToString();
        (await PostAsync(key, "What is 5 + 6?")).IsOk();
        var paid = await shared.Account.ReadSettledAsync();
        (await PostAsync(key, "What is 5 + 7?")).IsOpenAiError(HttpStatusCode.Conflict, "idempotency_conflict");
        Assert.Equal(paid, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Same_key_sent_twice_at_once_is_run_and_charged_once()
    {
        var key = Guid.NewGuid().ToString();
        var before = await shared.Account.ReadSettledAsync();
        var answers = await Task.WhenAll(PostAsync(key, "What is 7 + 8?"), PostAsync(key, "What is 7 + 8?"));
        Assert.All(answers, answer => answer.IsOk());
        Assert.Equal(answers[0].Body, answers[1].Body);
        Assert.Equal(before + TokenAmount.Parse(answers[0].Header("x-ncn-cost")!), await shared.Account.ReadSettledAsync());
    }

    private async Task<Answer> PostAsync(string key, string question) => await Web.PostAsync(
        new Uri(shared.Network.Text, "v1/chat/completions"), Web.Chat(question), await shared.Account.PayAsync(Ceiling), ("Idempotency-Key", key));
}
