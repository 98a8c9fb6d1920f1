using System.Text.Json;
using Ncn.Tests.Scripts;

namespace Ncn.StandIns.Tests.Grpc;

/// <summary>The JavaScript client @grpc/grpc-js against our server.</summary>
public sealed class JavaScriptClientTests
{
    [Fact]
    public async Task A_single_call_is_answered()
    {
        var result = await RunAsync("single");
        Assert.Equal((0, "grüß"), (Code(result), result.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task Headers_trailers_and_deadline_arrive()
    {
        var result = await RunAsync("headers");
        Assert.Equal("text", result.GetProperty("headers").GetProperty("seen").GetString());
        Assert.Equal("00ff07", result.GetProperty("headers").GetProperty("seenBin").GetString());
        Assert.Equal("some", result.GetProperty("deadline").GetString());
    }

    [Fact]
    public async Task A_compressed_request_is_understood()
    {
        var result = await RunAsync("gzip");
        Assert.Equal((0, 100_000), (Code(result), result.GetProperty("index").GetInt32()));
    }

    [Theory]
    [InlineData("fail", 0)]
    [InlineData("failLate", 3)]
    [InlineData("collectFail", 0)]
    public async Task An_error_carries_its_status_text_and_trailers(string scenario, int messagesBefore)
    {
        var result = await RunAsync(scenario);
        Assert.Equal((9, "nicht möglich: 100 %"), (Code(result), result.GetProperty("details").GetString()));
        Assert.Equal(("asked to", "0102fafb"), (result.GetProperty("reason").GetString(), result.GetProperty("proof").GetString()));
        Assert.Equal(messagesBefore, result.TryGetProperty("indexes", out var indexes) ? indexes.GetArrayLength() : 0);
    }

    [Fact]
    public async Task An_unexpected_exception_becomes_unknown_and_its_text_stays_on_the_server()
    {
        var result = await RunAsync("throw");
        Assert.Equal((2, "Exception was thrown by handler."), (Code(result), result.GetProperty("details").GetString()));
    }

    [Theory]
    [InlineData("expand", 300)]
    [InlineData("chat", 20)]
    public async Task Messages_of_a_stream_arrive_in_order(string scenario, int count)
    {
        var result = await RunAsync(scenario);
        Assert.Equal(0, Code(result));
        Assert.Equal(Enumerable.Range(0, count), result.GetProperty("indexes").EnumerateArray().Select(index => index.GetInt32()));
    }

    [Fact]
    public async Task The_server_collects_a_request_stream()
    {
        var result = await RunAsync("collect");
        Assert.Equal((0, "abc", 3), (Code(result), result.GetProperty("text").GetString(), result.GetProperty("index").GetInt32()));
    }

    [Theory]
    [InlineData("deadline", 4)]
    [InlineData("cancel", 1)]
    public async Task A_call_that_ends_early_ends_the_server_method(string scenario, int code)
    {
        await using var server = await EchoServer.StartAsync();
        Assert.Equal(code, Code(await RunAsync(server, scenario)));
        await server.Log.Cancelled.Task.WaitAsync(TimeSpan.FromSeconds(120));
    }

    [Theory]
    [InlineData("oversize", 8)]
    [InlineData("largest", 0)]
    [InlineData("big", 0)]
    [InlineData("missing", 12)]
    public async Task Limits_and_unknown_methods_have_their_status(string scenario, int code) => Assert.Equal(code, Code(await RunAsync(scenario)));

    private static int Code(JsonElement result) => result.GetProperty("code").GetInt32();

    private static async Task<JsonElement> RunAsync(string scenario)
    {
        await using var server = await EchoServer.StartAsync();
        return await RunAsync(server, scenario);
    }

    private static async Task<JsonElement> RunAsync(EchoServer server, string scenario)
    {
        await using var client = NodeScript.Start("Grpc/client.mjs", server.HostAndPort, scenario);
        return JsonDocument.Parse(await client.ReadLineAsync()).RootElement;
    }
}
