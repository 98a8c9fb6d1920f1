using System.Net;
using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>The queued path: accepted at once, pulled by a worker, answered later, charged once.</summary>
[Collection(PaidNetwork.Name)]
public sealed class QueueTests(PaidNetwork shared)
{
    private const int MostTries = 20;
    private static readonly TokenAmount Ceiling = new(10_000);

    /// <summary>A dead worker's job waits for its lease to pass, and goes to another one.</summary>
    private static readonly TimeSpan LeaseAndMore = TimeSpan.FromSeconds(200);

    [Fact]
    public async Task Queued_request_is_accepted_answered_and_charged_once()
    {
        var before = await shared.Account.ReadSettledAsync();
        var direct = await Web.PostAsync(Chat, Web.Chat("What is 100 + 23?"), await shared.Account.PayAsync(Ceiling));
        var location = await EnqueueAsync("What is 100 + 23?");
        var done = await CompletedAsync(location, LeaseAndMore);

        var response = done.GetProperty("response");
        Assert.Equal(direct.IsOk().Content, response.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        Assert.Equal(200, done.GetProperty("status_code").GetInt32());
        var cost = TokenAmount.Parse(done.GetProperty("cost").GetString()!);
        Assert.Equal(direct.Network.GetProperty("cost").GetString(), $"{cost}");
        Assert.Equal(before + cost + cost, await shared.Account.ReadSettledAsync());
    }

    [Theory]
    [InlineData("worker")]
    [InlineData("gateway-text")]
    [InlineData("registry")]
    public async Task Job_in_hand_survives_the_death_of_its_worker_or_of_what_waits_for_it_and_is_charged_once(string victim)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var before = await shared.Account.ReadSettledAsync();
            var location = await EnqueueAsync("Count from 1 to 60");
            var worker = await CatchInHandAsync(location);
            if (worker is not null)
            {
                shared.Network.KillApp(victim == "worker" ? worker.AppId : victim);
            }

            await shared.Network.WaitUntilWholeAsync();
            var done = await CompletedAsync(location, LeaseAndMore);
            Assert.Equal(before + TokenAmount.Parse(done.GetProperty("cost").GetString()!), await shared.Account.ReadSettledAsync());
            if (worker is not null)
            {
                var text = done.GetProperty("response").GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
                Assert.Contains(string.Join(", ", Enumerable.Range(1, 60)), text, StringComparison.Ordinal);
                return;
            }
        }

        Assert.Fail($"In {MostTries} tries every job was done before a worker was seen to hold it.");
    }

    [Fact]
    public async Task Same_key_is_the_same_queued_request_and_charged_once()
    {
        var before = await shared.Account.ReadSettledAsync();
        var key = Guid.NewGuid().ToString();
        var first = await EnqueueAsync("What is 30 + 31?", key);
        Assert.Equal(first, await EnqueueAsync("What is 30 + 31?", key));
        var done = await CompletedAsync(first, LeaseAndMore);
        var repeat = await PostAsync("What is 30 + 31?", ("Idempotency-Key", key));
        Assert.Equal(done.GetProperty("response").GetRawText(), repeat.IsOk().Json.GetRawText());
        Assert.Equal(before + TokenAmount.Parse(done.GetProperty("cost").GetString()!), await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task Unknown_request_is_not_found()
    {
        (await Web.GetAsync(new Uri(shared.Network.Text, "v1/requests/0x" + new string('7', 64)))).IsOpenAiError(HttpStatusCode.NotFound, "request_not_found");
        (await Web.GetAsync(new Uri(shared.Network.Text, "v1/requests/none"))).IsOpenAiError(HttpStatusCode.NotFound, "request_not_found");
    }

    private Uri Chat => new(shared.Network.Text, "v1/chat/completions");

    private async Task<Answer> PostAsync(string question, params (string Name, string Value)[] headers) =>
        await Web.PostAsync(Chat, Web.Chat(question, maxTokens: 400), await shared.Account.PayAsync(Ceiling), headers);

    private async Task<Uri> EnqueueAsync(string question, string? key = null)
    {
        var accepted = key is null
            ? await PostAsync(question, ("Prefer", "respond-async"))
            : await PostAsync(question, ("Prefer", "respond-async"), ("Idempotency-Key", key));
        Assert.True(accepted.Status == HttpStatusCode.Accepted, $"{accepted.Status}: {accepted.Body}");
        Assert.Equal("respond-async", accepted.Header("Preference-Applied"));
        var location = accepted.Headers.Location!;
        Assert.Equal($"/v1/requests/{accepted.Json.GetProperty("id").GetString()}", location.OriginalString);
        return new Uri(shared.Network.Text, location);
    }

    /// <summary>The worker that holds the job; null when it was done before anybody looked.</summary>
    private async Task<RunningApp?> CatchInHandAsync(Uri location) => await Poll.ForAsync<object>("a worker holds the job", async () =>
        (object?)await Operators.BusyWorkerAsync(shared.Network) ?? (await StatusAsync(location) == "completed" ? "too late" : null)) as RunningApp;

    private static async Task<string?> StatusAsync(Uri location) => (await Web.GetJsonAsync(location)).GetProperty("status").GetString();

    private static async Task<JsonElement> CompletedAsync(Uri location, TimeSpan limit)
    {
        var done = await Poll.ForAsync<Answer>("the request has ended", async () =>
        {
            var answer = (await Web.GetAsync(location)).IsOk();
            return answer.Json.GetProperty("status").GetString() == "queued" ? null : answer;
        }, limit);
        Assert.True(done.Json.GetProperty("status").GetString() == "completed", done.Body);
        return done.Json;
    }
}
