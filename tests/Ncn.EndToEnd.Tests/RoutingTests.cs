using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Which node answers, by the client's wish; and models of the other subnet, asked for at this one's gateway.</summary>
[Collection(PaidNetwork.Name)]
public sealed class RoutingTests(PaidNetwork shared)
{
    private static readonly TokenAmount Ceiling = new(10_000);

    [Fact]
    public async Task The_client_chooses_its_node_and_a_wish_that_nobody_meets_is_refused_and_free()
    {
        var workers = shared.Network.Description.GetProperty("workers").EnumerateArray().Select(static worker => worker.GetProperty("operator").GetString()!).ToArray();
        foreach (var worker in workers)
        {
            var answer = await AskAsync(new JsonObject { ["only"] = new JsonArray(worker), ["quantizations"] = new JsonArray("fp32"), ["zdr"] = true });
            Assert.Equal(Address.Parse(worker), Address.Parse(answer.GetProperty("ncn").GetProperty("node").GetString()!));
        }

        var before = await shared.Account.ReadSettledAsync();
        var refused = await Web.PostAsync(
            new Uri(shared.Network.Text, "v1/chat/completions"), Body(new JsonObject { ["ignore"] = new JsonArray([.. workers.Select(static worker => (JsonNode)worker)]) }),
            await shared.Account.PayAsync(Ceiling));
        Assert.Equal(404, (int)refused.Status);
        Assert.Equal("no_matching_node", JsonNode.Parse(refused.Body)!["error"]!["code"]!.GetValue<string>());
        Assert.Equal(before, await shared.Account.ReadSettledAsync());
    }

    [Fact]
    public async Task A_fallback_answers_when_nobody_serves_the_model()
    {
        var answer = await AskAsync(provider: null, model: "no-such-model", fallbacks: ["tiny-chat"]);
        Assert.NotEmpty(answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!);
    }

    [Fact]
    public async Task A_client_of_the_text_gateway_calls_the_vision_model_and_pays_once()
    {
        using var http = shared.Account.PayingHttp(shared.Network.Text);
        var before = await shared.Account.ReadSettledAsync();
        var answer = await new Ncn.Client.NcnClient(http).InferAsync("digits", new InferRequest([Tensor.Of("image", [1, 1, 8, 8], new float[64])]));
        Assert.Equal(10, answer.Outputs.Single().Floats().Length);
        Assert.Equal(before + answer.Network!.Cost, await shared.Account.ReadSettledAsync());
        Assert.False(answer.Network.Cost.IsZero);
    }

    [Fact]
    public async Task A_stream_comes_through_the_vision_gateway_as_from_its_own()
    {
        await using var own = await ChatStream.OpenAsync(shared.Network.Text, "What is 7 + 8?", 40, await shared.Account.PayAsync(Ceiling));
        await own.ReadToEndAsync();
        await using var relayed = await ChatStream.OpenAsync(shared.Network.Vision, "What is 7 + 8?", 40, await shared.Account.PayAsync(Ceiling));
        await relayed.ReadToEndAsync();
        Assert.True(relayed.IsDone);
        Assert.Equal(own.Text, relayed.Text);
        Assert.NotEqual(own.Network!.Value.GetProperty("requestId").GetString(), relayed.Network!.Value.GetProperty("requestId").GetString());
    }

    [Fact]
    public async Task What_nobody_serves_is_not_found_and_passed_on_once_at_most()
    {
        var unknown = await Web.PostAsync(new Uri(shared.Network.Text, "v2/models/no-such-model/infer"), "{\"inputs\":[]}");
        Assert.Equal(404, (int)unknown.Status);
        var forwarded = await Web.PostAsync(
            new Uri(shared.Network.Text, "v2/models/digits/infer"), "{\"inputs\":[]}", null, ("NCN-Forwarded-By", "0x0000000000000000000000000000000000000001"));
        Assert.Equal(404, (int)forwarded.Status);
    }

    private async Task<JsonElement> AskAsync(JsonObject? provider, string model = "tiny-chat", string[]? fallbacks = null)
    {
        var answer = await Web.PostAsync(new Uri(shared.Network.Text, "v1/chat/completions"), Body(provider, model, fallbacks), await shared.Account.PayAsync(Ceiling));
        Assert.True((int)answer.Status == 200, answer.Body);
        return JsonSerializer.Deserialize<JsonElement>(answer.Body);
    }

    private static string Body(JsonObject? provider, string model = "tiny-chat", string[]? fallbacks = null) => new JsonObject
    {
        ["model"] = model,
        ["models"] = fallbacks is null ? null : new JsonArray([.. fallbacks.Select(static name => (JsonNode)name)]),
        ["provider"] = provider,
        ["max_tokens"] = 20,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "What is 2 + 2?" }),
    }.ToJsonString();
}
