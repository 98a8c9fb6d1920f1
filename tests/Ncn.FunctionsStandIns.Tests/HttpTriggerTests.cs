using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Ncn.FunctionsStandIns.Tests;

public sealed class HttpTriggerTests
{
    [Fact]
    public async Task A_result_is_written_as_the_answer()
    {
        await using var app = await RunningApp.StartAsync();
        using var answer = await app.Client.PostAsJsonAsync("v1/chat/completions", new { model = "tiny-chat" });
        Assert.Equal("""{"model":"tiny-chat","function":"ChatCompletions"}""", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("action", """{"camelCase":"/action"}""")]
    [InlineData("orders/7/ann?express=true", "7 ann True GET")]
    [InlineData("orders/7/ann", "7 ann  GET")]
    [InlineData("plain/static", "static GET")]
    public async Task Routes_bind_by_name(string path, string expected)
    {
        await using var app = await RunningApp.StartAsync();
        Assert.Equal(expected, await app.Client.GetStringAsync(path));
    }

    [Theory]
    [InlineData("orders/seven/ann", HttpStatusCode.BadRequest)]
    [InlineData("nowhere", HttpStatusCode.NotFound)]
    [InlineData("v1/chat/completions", HttpStatusCode.MethodNotAllowed)]
    public async Task Wrong_requests_get_a_client_error(string path, HttpStatusCode expected)
    {
        await using var app = await RunningApp.StartAsync();
        using var answer = await app.Client.GetAsync(path);
        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData("AzureWebJobs.Action.Disabled")]
    [InlineData("AzureWebJobs:Action:Disabled")]
    public async Task A_function_that_a_setting_disables_is_not_there(string setting)
    {
        await using var app = await RunningApp.StartAsync(builder => builder.Configuration[setting] = "true");
        using var answer = await app.Client.GetAsync("action");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Each_invocation_has_its_own_instance_and_scope()
    {
        await using var app = await RunningApp.StartAsync();
        var first = await app.Client.GetStringAsync("instance");
        var second = await app.Client.GetStringAsync("instance");
        Assert.StartsWith("1 True ", first, StringComparison.Ordinal);
        Assert.StartsWith("1 True ", second, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task An_exception_becomes_problem_details_without_its_text()
    {
        await using var app = await RunningApp.StartAsync();
        using var answer = await app.Client.GetAsync("fails");
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(500, problem.GetProperty("status").GetInt32());
        Assert.DoesNotContain("secret", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_reaches_the_client_while_the_function_runs()
    {
        await using var app = await RunningApp.StartAsync();
        using var answer = await app.Client.GetAsync("stream", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("data: one", await reader.ReadLineAsync());
        app.Host.Services.GetRequiredService<CallLog>().FirstChunkRead.SetResult();
        Assert.Equal("\ndata: two\n\n", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task A_stream_that_fails_midway_is_cut_off_and_not_ended()
    {
        await using var app = await RunningApp.StartAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => app.Client.GetStringAsync("halfstream"));
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_the_invocation()
    {
        await using var app = await RunningApp.StartAsync();
        var answer = await app.Client.GetAsync("waitsforever", HttpCompletionOption.ResponseHeadersRead);
        answer.Dispose();
        await app.Host.Services.GetRequiredService<CallLog>().Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(120));
    }

    [Fact]
    public async Task Kestrel_limits_hold_and_are_answered_with_their_status()
    {
        await using var app = await RunningApp.StartAsync(builder =>
            builder.Services.Configure<KestrelServerOptions>(options => options.Limits.MaxRequestBodySize = 10));
        using var answer = await app.Client.PostAsJsonAsync("v1/chat/completions", new { model = "much more than ten bytes" });
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Middleware_wraps_functions_in_the_order_of_registration()
    {
        await using var app = await RunningApp.StartAsync(builder =>
        {
            builder.UseMiddleware<Recorder>();
            builder.UseMiddleware(async (context, next) =>
            {
                Log(context).Lines.Enqueue($"{context.FunctionDefinition.Name} second in");
                await next();
                Log(context).Lines.Enqueue($"{context.FunctionDefinition.Name} second out");
            });
        });
        await app.Client.GetStringAsync("action");
        string[] expected = ["Action /action in", "Action second in", "Action second out", "Action out"];
        Assert.Equal(expected, app.Host.Services.GetRequiredService<CallLog>().Lines.Where(line => line.StartsWith("Action", StringComparison.Ordinal)));
    }

    private static CallLog Log(FunctionContext context) => context.InstanceServices.GetRequiredService<CallLog>();

    private sealed class Recorder(CallLog log) : IFunctionsWorkerMiddleware
    {
        public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            log.Lines.Enqueue($"{context.FunctionDefinition.Name} {context.GetHttpContext()?.Request.Path} in");
            await next(context);
            log.Lines.Enqueue($"{context.FunctionDefinition.Name} out");
        }
    }
}
