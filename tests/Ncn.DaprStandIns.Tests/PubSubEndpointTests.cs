using System.Net;
using System.Text;
using Dapr;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Ncn.DaprStandIns.Tests;

public sealed class PubSubEndpointTests : IAsyncLifetime
{
    private static readonly HttpClient Http = new();
    private readonly WebApplication app = Build();

    public Task InitializeAsync() => app.StartAsync();

    public async Task DisposeAsync() => await app.DisposeAsync();

    [Fact]
    public async Task Subscriptions_are_listed_as_the_sidecar_expects()
    {
        using var answer = await Http.GetAsync(At("/dapr/subscribe"));

        Assert.Null(answer.Content.Headers.ContentType);
        Assert.Equal(
            """[{"topic":"dl","pubsubName":"pubsub","route":"dl","deadLetterTopic":"poison"},{"topic":"orders","pubsubName":"pubsub","routes":{"default":"orders","rules":[{"match":"event.type==\u0022v2\u0022","path":"orders-v2"}]}},{"topic":"raw","pubsubName":"pubsub","route":"raw","metadata":{"k":"v","rawPayload":"true"}}]""",
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("""{"specversion":"1.0","datacontenttype":"application/json; charset=utf-16","data":{"a":1}}""", "application/json|{\"a\":1}")]
    [InlineData("""{"specversion":"1.0","data":"text"}""", "application/json|\"text\"")]
    [InlineData("""{"specversion":"1.0","datacontenttype":"text/plain","data":"text"}""", "text/plain|text")]
    [InlineData("""{"specversion":"1.0","datacontenttype":"application/x","data_base64":"AQI="}""", "application/x|\u0001\u0002")]
    [InlineData("""{"specversion":"1.0"}""", "|")]
    public async Task A_cloud_event_is_unwrapped(string envelope, string expected)
    {
        using var answer = await PostAsync("/echo", envelope, "application/cloudevents+json; charset=utf-8");

        Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("""{"data":1,"data_base64":"AQI="}""")]
    [InlineData("""{"data_base64":"no base64!"}""")]
    [InlineData("[1]")]
    [InlineData("{")]
    public async Task A_broken_envelope_is_refused(string envelope)
    {
        using var answer = await PostAsync("/echo", envelope, "application/cloudevents+json");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Other_content_types_pass_through()
    {
        using var answer = await PostAsync("/echo", """{"data":1}""", "application/json");

        Assert.Equal("application/json|{\"data\":1}", await answer.Content.ReadAsStringAsync());
    }

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.UseCloudEvents();
        app.MapSubscribeHandler();
        app.MapPost("/raw", Echo).WithTopic("pubsub", "raw", true, new Dictionary<string, string> { ["k"] = "v" });
        app.MapPost("/orders", Echo).WithTopic("pubsub", "orders");
        app.MapPost("/orders-v2", Echo).WithTopic(new TopicOptions { PubsubName = "pubsub", Name = "orders", Match = "event.type==\"v2\"", Priority = 1 });
        app.MapPost("/dl", [Topic("pubsub", "dl", DeadLetterTopic = "poison")] (HttpContext context) => Echo(context));
        app.MapPost("/echo", Echo);
        return app;
    }

    private static async Task Echo(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        await context.Response.WriteAsync($"{context.Request.ContentType}|{await reader.ReadToEndAsync()}");
    }

    private Uri At(string path) => new(app.Urls.Single() + path);

    private async Task<HttpResponseMessage> PostAsync(string path, string body, string contentType)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await Http.PostAsync(At(path), content);
    }
}
