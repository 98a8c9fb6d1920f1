using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>Paid batches when the gateways that drive them die, and when their payer gives them up: each line is answered and charged once, and the rest is free again.</summary>
[Collection(FragileNetwork.Name)]
public sealed class BatchTests(FragileNetwork shared)
{
    private const string Endpoint = "/v1/chat/completions";
    private static readonly TokenAmount Ceiling = new(1_000_000);

    [Fact]
    public async Task Batch_whose_gateways_die_is_taken_over_and_each_line_is_answered_and_charged_once()
    {
        const int Lines = 16;
        var before = await shared.Account.ReadSettledAsync();
        var id = await CreateAsync(Lines);
        await UntilAsync(id, static batch => Count(batch, "completed") > 0);
        shared.Network.KillApp("gateway-text");
        shared.Network.KillApp("stream-text");

        var batch = await UntilAsync(id, static batch => Status(batch) == "completed");
        Assert.Equal((Lines, Lines, 0), (Count(batch, "total"), Count(batch, "completed"), Count(batch, "failed")));
        var output = (await GetAsync($"v1/files/{batch.GetProperty("output_file_id").GetString()}/content")).Body.Trim().Split('\n');
        Assert.Equal(Enumerable.Range(0, Lines).Select(static line => $"sum-{line}").Order(StringComparer.Ordinal), output.Select(CustomId).Order(StringComparer.Ordinal));
        await IsPaidAsync(before, batch, output);
        await shared.Network.WaitUntilWholeAsync();
    }

    [Fact]
    public async Task Batch_that_is_given_up_ends_and_is_charged_for_the_lines_that_were_done()
    {
        const int Lines = 400;
        var before = await shared.Account.ReadSettledAsync();
        var id = await CreateAsync(Lines);
        await UntilAsync(id, static batch => Count(batch, "completed") > 0);
        using (var request = Request(HttpMethod.Post, $"v1/batches/{id}/cancel"))
        {
            (await Web.SendAsync(Web.Client, request, CancellationToken.None)).IsOk();
        }

        var batch = await UntilAsync(id, static batch => Status(batch) is "cancelled" or "completed");
        Assert.Equal("cancelled", Status(batch));
        Assert.InRange(Count(batch, "completed"), 1, Lines - 1);
        var output = (await GetAsync($"v1/files/{batch.GetProperty("output_file_id").GetString()}/content")).Body.Trim().Split('\n');
        Assert.Equal(Count(batch, "completed"), output.Length);
        await IsPaidAsync(before, batch, output);
    }

    private async Task IsPaidAsync(TokenAmount before, JsonElement batch, IEnumerable<string> output)
    {
        var costs = output.Select(static line => TokenAmount.Parse(Parse(line).GetProperty("response").GetProperty("body").GetProperty("ncn").GetProperty("cost").GetString()!))
            .Aggregate(TokenAmount.Zero, static (sum, cost) => sum + cost);
        Assert.Equal(costs, TokenAmount.Parse(batch.GetProperty("ncn").GetProperty("cost").GetString()!));
        Assert.Equal(before + costs, await shared.Account.ReadSettledAsync());
    }

    private async Task<string> CreateAsync(int lines)
    {
        var text = string.Join('\n', Enumerable.Range(0, lines).Select(static line => new JsonObject
        {
            ["custom_id"] = $"sum-{line}", ["method"] = "POST", ["url"] = Endpoint, ["body"] = JsonNode.Parse(Web.Chat($"What is {line} + 3?", maxTokens: 16)),
        }.ToJsonString()));
        using var upload = Request(HttpMethod.Post, "v1/files");
        upload.Content = new MultipartFormDataContent
        {
            { new StringContent("batch"), "purpose" }, { new ByteArrayContent(Encoding.UTF8.GetBytes(text)), "file", "sums.jsonl" },
        };
        var file = (await Web.SendAsync(Web.Client, upload, CancellationToken.None)).IsOk().Json.GetProperty("id").GetString()!;
        using var create = Request(HttpMethod.Post, "v1/batches");
        create.Headers.Add("PAYMENT-SIGNATURE", await shared.Account.PayAsync(Ceiling));
        create.Content = new StringContent(
            new JsonObject { ["input_file_id"] = file, ["endpoint"] = Endpoint, ["completion_window"] = "24h" }.ToJsonString(), Encoding.UTF8, "application/json");
        return (await Web.SendAsync(Web.Client, create, CancellationToken.None)).IsOk().Json.GetProperty("id").GetString()!;
    }

    private Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> holds) => UntilAsync(id, holds, "the batch has come so far");

    private async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> holds, string condition) => (await Poll.ForAsync<object>(condition, async () =>
    {
        var answer = await GetAsync($"v1/batches/{id}");
        return (int)answer.Status == 200 && holds(answer.Json) ? answer.Json : null;
    })) is JsonElement batch ? batch : default;

    private async Task<Answer> GetAsync(string path)
    {
        using var request = Request(HttpMethod.Get, path);
        return await Web.SendAsync(Web.Client, request, CancellationToken.None);
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(shared.Network.Text, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "batches of this test");
        return request;
    }

    private static string? Status(JsonElement batch) => batch.GetProperty("status").GetString();

    private static int Count(JsonElement batch, string name) => batch.GetProperty("request_counts").GetProperty(name).GetInt32();

    private static string CustomId(string line) => Parse(line).GetProperty("custom_id").GetString()!;

    private static JsonElement Parse(string line) => JsonSerializer.Deserialize<JsonElement>(line);
}
