using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Ncn.Cli.Proxy;

namespace Ncn.Client.Tests.Cli;

public sealed class PayingProxyTests : IAsyncLifetime, IDisposable
{
    private readonly TaskCompletionSource firstChunkRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpClient plain = new();
    private WebApplication? text;
    private WebApplication? vision;
    private WebApplication? proxy;
    private HttpClient? client;
    private HeaderDictionary? seen;

    public async Task InitializeAsync()
    {
        text = await GatewayAsync("tiny-chat");
        vision = await GatewayAsync("digits");
        proxy = ProxyHost.Build(0, [AddressOf(text), AddressOf(vision)], plain, plain, new byte[32]);
        await proxy.StartAsync();
        client = new HttpClient { BaseAddress = AddressOf(proxy) };
    }

    public void Dispose()
    {
        client?.Dispose();
        plain.Dispose();
    }

    public async Task DisposeAsync()
    {
        foreach (var app in new[] { proxy, text, vision })
        {
            await app!.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("v1/chat/completions", """{"model":"tiny-chat"}""", "tiny-chat got {\"model\":\"tiny-chat\"}")]
    [InlineData("v1/chat/completions?x=1", """{"model":"digits"}""", "digits got {\"model\":\"digits\"}")]
    [InlineData("v2/models/digits/versions/1/infer", """{"inputs":[]}""", "digits got {\"inputs\":[]}")]
    public async Task Requests_go_to_the_gateway_of_their_model(string path, string body, string expected)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client!.PostAsync(path, content);
        Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Models_of_all_gateways_are_one_list()
    {
        var models = await client!.GetFromJsonAsync<JsonElement>("v1/models");
        Assert.Equal(["tiny-chat", "digits"], models.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!));
    }

    [Theory]
    [InlineData("v1/chat/completions")]
    [InlineData("v2/models/none/infer")]
    public async Task An_unknown_model_is_an_error_in_the_protocols_shape(string path)
    {
        using var answer = await client!.PostAsJsonAsync(path, new { model = "none" });
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var message = path.StartsWith("v1", StringComparison.Ordinal) ? error.GetProperty("message") : error;
        Assert.Contains("'none'", message.GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"\ud800"}""")]
    [InlineData("""{"model":"digits","\ud800odel":1}""")]
    [InlineData("{\"model\":")]
    public async Task What_cannot_be_read_is_left_to_a_gateway_to_refuse(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client!.PostAsync("v1/chat/completions", content);
        Assert.Equal("tiny-chat got " + body, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_header_that_is_not_ascii_is_the_callers_mistake()
    {
        using var handler = new SocketsHttpHandler { RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8 };
        using var http = new HttpClient(handler) { BaseAddress = client!.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(new { model = "digits" }) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", "clé");
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Idempotency-Key", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_only_one_gateway_knows_is_found()
    {
        Assert.Equal("digits knows 7", await client!.GetStringAsync("v1/requests/7"));
    }

    [Fact]
    public async Task The_callers_key_stays_here_and_its_other_headers_go_on()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(new { model = "tiny-chat" }) };
        request.Headers.Add("Authorization", "Bearer sk-secret");
        request.Headers.Add("Idempotency-Key", "k1");
        using var answer = await client!.SendAsync(request);
        Assert.NotEqual("Bearer sk-secret", seen!["Authorization"].ToString());
        Assert.Equal("k1", seen["Idempotency-Key"]);
        Assert.Equal("application/json; charset=utf-8", seen["Content-Type"]);
    }

    [Fact]
    public async Task A_stream_passes_while_it_is_made()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions") { Content = JsonContent.Create(new { model = "tiny-chat", stream = true }) };
        using var answer = await client!.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("data: one", await reader.ReadLineAsync());
        firstChunkRead.SetResult();
        Assert.Equal("\ndata: two\n\n", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task A_gateway_that_is_gone_is_an_error_and_the_others_still_serve()
    {
        using (var warm = await client!.PostAsJsonAsync("v1/chat/completions", new { model = "tiny-chat" }))
        {
            warm.EnsureSuccessStatusCode();
        }

        await text!.StopAsync();
        using var lost = await client!.PostAsJsonAsync("v1/chat/completions", new { model = "tiny-chat" });
        Assert.Contains(lost.StatusCode, new[] { HttpStatusCode.BadGateway, HttpStatusCode.NotFound });
        using var other = await client!.PostAsJsonAsync("v1/chat/completions", new { model = "digits" });
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    private static Uri AddressOf(WebApplication app) => new(app.Urls.First());

    private async Task<WebApplication> GatewayAsync(string model)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/v1/models", () => Results.Json(new { data = new[] { new { id = model } } }));
        app.MapGet("/v1/requests/7", () => model == "digits" ? Results.Text("digits knows 7") : Results.NotFound());
        app.MapPost("/v2/models/{**rest}", (HttpContext http) => EchoAsync(http, model));
        app.MapPost("/v1/chat/completions", (HttpContext http) => EchoAsync(http, model));
        await app.StartAsync();
        return app;
    }

    private async Task EchoAsync(HttpContext http, string model)
    {
        seen = new HeaderDictionary(http.Request.Headers.ToDictionary());
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync();
        if (!body.Contains("stream", StringComparison.Ordinal))
        {
            await http.Response.WriteAsync($"{model} got {body}");
            return;
        }

        await http.Response.WriteAsync("data: one\n\n");
        await http.Response.Body.FlushAsync();
        await firstChunkRead.Task;
        await http.Response.WriteAsync("data: two\n\n");
    }
}
