using System.Text;
using System.Text.Json;
using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;

namespace Ncn.EndToEnd.Tests.Documents;

/// <summary>The OpenAPI document says what stock clients send and what they get.</summary>
[Collection(FreeNetwork.Name)]
public sealed class OpenApiTests(FreeNetwork shared)
{
    [Fact]
    public async Task Stock_OpenAI_client_sends_and_gets_what_the_document_says()
    {
        await using var proxy = await RecordingProxy.StartAsync(shared.Network.Text);
        (await Command.NodeAsync("openai.mjs", proxy.Address + "v1", "free")).Succeeded();
        await Web.PostAsync(new Uri(proxy.Address + "v1/chat/completions"), Web.Chat("Later", maxTokens: 4), headers: ("Prefer", "respond-async"));
        await MustFitAsync(proxy, "/v1/models", "/v1/chat/completions");
        Assert.Contains(proxy.Exchanges, static exchange => exchange.Status == 202);
        Assert.Contains(proxy.Exchanges, static exchange => exchange.Type == "text/event-stream");
        Assert.Contains(proxy.Exchanges, static exchange => exchange.Status == 404);
    }

    [Fact]
    public async Task Stock_OpenAI_client_uses_all_text_endpoints_as_the_document_says()
    {
        await using var proxy = await RecordingProxy.StartAsync(shared.Network.Text);
        (await Command.NodeAsync("openai-features.mjs", proxy.Address + "v1", TextModels.Embedding)).Succeeded();
        await MustFitAsync(proxy, "/v1/chat/completions", "/v1/completions", "/v1/embeddings");
    }

    [Fact]
    public async Task Stock_OpenAI_client_has_responses_files_and_batches_as_the_document_says()
    {
        await using var proxy = await RecordingProxy.StartAsync(shared.Network.Text);
        (await Command.NodeAsync("later.mjs", proxy.Address + "v1")).Succeeded();
        await MustFitAsync(proxy, "/v1/responses", "/v1/responses/{id}", "/v1/files", "/v1/batches", "/v1/batches/{id}");
    }

    [Fact]
    public async Task Client_of_the_Open_Inference_Protocol_sends_and_gets_what_the_document_says()
    {
        await using var proxy = await RecordingProxy.StartAsync(shared.Network.Vision);
        using var http = new HttpClient { BaseAddress = new Uri(proxy.Address) };
        await new NcnClient(http).InferAsync("digits", new InferRequest([Tensor.Of("image", [1, 1, 8, 8], new float[64])]));
        foreach (var path in (string[])["v2", "v2/health/live", "v2/health/ready", "v2/models/digits", "v2/models/digits/ready", "v2/models/none"])
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        }

        await MustFitAsync(proxy, "/v2/models/{model}/infer", "/v2/models/{model}", "/v2/health/live");
    }

    [Fact]
    public async Task Everything_that_can_be_read_without_parameters_is_what_the_document_says()
    {
        await using var proxy = await RecordingProxy.StartAsync(shared.Network.Text);
        var document = await Web.GetJsonAsync(new Uri(shared.Network.Text, "openapi.json"));
        string[] paths = [.. document.GetProperty("paths").EnumerateObject()
            .Where(static path => path.Value.TryGetProperty("get", out var get) && !get.TryGetProperty("parameters", out _)).Select(static path => path.Name)];
        foreach (var path in paths)
        {
            using var answer = await Web.Client.GetAsync(new Uri(new Uri(proxy.Address), path));
        }

        await MustFitAsync(proxy, paths);
    }

    private static async Task MustFitAsync(RecordingProxy proxy, params string[] expected)
    {
        using var http = new HttpClient { BaseAddress = new Uri(proxy.Address) };
        var document = JsonSerializer.Deserialize<JsonElement>(await http.GetByteArrayAsync(new Uri("openapi.json", UriKind.Relative)));
        var check = new SchemaCheck(document);
        HashSet<string> seen = [];
        foreach (var exchange in proxy.Exchanges)
        {
            var path = document.GetProperty("paths").EnumerateObject().Where(path => Fits(path.Name, exchange.Path)).MinBy(static path => path.Name.Count(static letter => letter == '{'));
            Assert.True(path.Value.ValueKind == JsonValueKind.Object, $"{exchange.Path} is not in the document");
            seen.Add(path.Name);
            var problems = Problems(check, path.Value.EnumerateObject().Single(method => method.NameEquals(exchange.Method.ToLowerInvariant())).Value, exchange).ToArray();
            Assert.True(problems.Length == 0, $"{exchange.Method} {exchange.Path} {exchange.Status}: {string.Join("; ", problems)}\n{Encoding.UTF8.GetString(exchange.Request)}\n{Encoding.UTF8.GetString(exchange.Answer)}");
        }

        Assert.Superset(expected.ToHashSet(), seen);
    }

    private static IEnumerable<string> Problems(SchemaCheck check, JsonElement operation, Exchange exchange)
    {
        // What was refused for its body need not fit.
        if (exchange.Status < 400 && operation.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("application/json", out _))
        {
            foreach (var problem in check.Problems(JsonSerializer.Deserialize<JsonElement>(exchange.Request), Schema(body, "application/json"), "request"))
            {
                yield return problem;
            }
        }

        var responses = operation.GetProperty("responses");
        var response = responses.TryGetProperty($"{exchange.Status}", out var own) ? own : responses.GetProperty("default");
        if (!response.GetProperty("content").TryGetProperty(exchange.Type, out _))
        {
            yield return $"an answer of type {exchange.Type} is not in the document";
            yield break;
        }

        foreach (var problem in Answers(exchange).SelectMany(answer => check.Problems(answer, Schema(response, exchange.Type), "answer")))
        {
            yield return problem;
        }
    }

    private static IEnumerable<JsonElement> Answers(Exchange exchange) => exchange.Type switch
    {
        "text/event-stream" => Encoding.UTF8.GetString(exchange.Answer).Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal))
            .Select(static line => JsonSerializer.Deserialize<JsonElement>(line["data: ".Length..])),
        "text/plain" or "application/octet-stream" => [JsonSerializer.SerializeToElement(Encoding.UTF8.GetString(exchange.Answer))],
        _ => [JsonSerializer.Deserialize<JsonElement>(exchange.Answer)],
    };

    private static JsonElement Schema(JsonElement container, string type) => container.GetProperty("content").GetProperty(type).GetProperty("schema");

    private static bool Fits(string template, string path)
    {
        var (parts, given) = (template.Split('/'), path.Split('/'));
        return parts.Length == given.Length && parts.Zip(given).All(static pair => pair.First.StartsWith('{') || pair.First == pair.Second);
    }
}
