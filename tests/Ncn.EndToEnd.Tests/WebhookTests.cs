using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Clients are told when what they left is done, also when they do not take the first call.</summary>
[Collection(PaidNetwork.Name)]
public sealed class WebhookTests(PaidNetwork shared)
{
    private static readonly TokenAmount Ceiling = new(10_000);

    [Fact]
    public async Task Requests_for_later_and_responses_in_the_background_are_told_of_signed_and_again_when_they_were_not_taken()
    {
        await using var listener = await WebhookListener.StartAsync();
        var queued = await PostAsync("v1/chat/completions", Web.Chat("What is 12 + 34?"), ("Prefer", "respond-async"), ("NCN-WEBHOOK", listener.Url));
        Assert.Equal(listener.Url, queued.GetProperty("webhook").GetProperty("url").GetString());
        await IsToldAsync(listener, queued, "request.completed");

        var response = await PostAsync("v1/responses", new JsonObject
        {
            ["model"] = "tiny-chat", ["input"] = "What is 12 + 34?", ["temperature"] = 0, ["max_output_tokens"] = 16, ["background"] = true,
            ["webhook"] = new JsonObject { ["url"] = listener.Url },
        }.ToJsonString());
        await IsToldAsync(listener, response, "response.completed");

        Assert.Equal(1, listener.Events.Count(static told => !told.IsTaken));
        Assert.Equal(2, listener.Events.Count(static told => told.IsTaken));
        Assert.Contains(listener.Events, told => told.IsTaken && told.Id == listener.Events[0].Id);
    }

    private static async Task IsToldAsync(WebhookListener listener, JsonElement accepted, string type)
    {
        var told = await listener.AboutAsync(accepted.GetProperty("id").GetString()!);
        Assert.Equal(type, told.Json.GetProperty("type").GetString());
        told.IsSignedBy(accepted.GetProperty("webhook").GetProperty("secret").GetString()!);
    }

    private async Task<JsonElement> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        var answer = await Web.PostAsync(new Uri(shared.Network.Text, path), body, await shared.Account.PayAsync(Ceiling), headers);
        Assert.True((int)answer.Status is 200 or 202, $"{answer.Status}: {answer.Body}");
        return answer.Json;
    }
}
