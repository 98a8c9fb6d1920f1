using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Ncn.Serving.Hosting;
using Ncn.Serving.Queueing;

namespace Ncn.Serving.Tests;

/// <summary>What a node sends is refused for its form before anyone else is asked: here nobody else is there.</summary>
public sealed class NodeMessageTests
{
    private const string Zero = "0x0000000000000000000000000000000000000000000000000000000000000000";
    private static readonly string Accept = $$"""
        {"message":{"requestId":"{{Zero}}","node":"0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC","leaseToken":1,"sentAt":1},"signature":"0x{{new string('1', 130)}}"}
        """;

    private static readonly string Receipt = $$"""
        {"message":null,"signature":"0x{{new string('1', 130)}}"}
        """;

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"accept":null,"receipt":null,"finishReason":"stop","chunks":[]}""")]
    [InlineData("""{"accept":ACCEPT,"receipt":RECEIPT,"finishReason":"stop","chunks":[]}""")]
    [InlineData("""{"accept":ACCEPT,"receipt":null,"finishReason":"stop","chunks":[]}""")]
    [InlineData("""{"accept":ACCEPT,"receipt":RECEIPT,"finishReason":null,"chunks":[]}""")]
    [InlineData("""{"accept":ACCEPT,"receipt":RECEIPT,"finishReason":"stop","chunks":[null]}""")]
    [InlineData("""{"accept":ACCEPT,"receipt":RECEIPT,"finishReason":"stop","chunks":null}""")]
    [InlineData("""{"accept":ACCEPT,"receipt":RECEIPT,"finishReason":"stop"}""")]
    public async Task A_result_that_lacks_a_part_is_a_bad_request(string body) =>
        Assert.Equal(400, await SendAsync(body, static (jobs, http) => jobs.ResultAsync(http, Zero)));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"accept":null,"code":"x","message":"y"}""")]
    [InlineData("""{"accept":ACCEPT,"code":null,"message":"y"}""")]
    [InlineData("""{"accept":ACCEPT,"code":"x"}""")]
    public async Task A_rejection_that_lacks_a_part_is_a_bad_request(string body) =>
        Assert.Equal(400, await SendAsync(body, static (jobs, http) => jobs.RejectAsync(http, Zero)));

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("null", 400)]
    [InlineData("""{"message":{},"signature":"0x"}""", 400)]
    [InlineData("RECEIPT", 401)]
    public async Task An_acceptance_that_lacks_a_part_is_refused(string body, int status)
    {
        Assert.Equal(status, await SendAsync(body, static (jobs, http) => jobs.AcceptAsync(http, Zero)));
        Assert.Equal(status, await SendAsync(body, static (jobs, http) => jobs.RenewAsync(http, Zero)));
        Assert.Equal(status, await SendAsync(body, static (jobs, http) => jobs.DeclineAsync(http, Zero)));
    }

    private static async Task<int> SendAsync(string body, Func<JobsEndpoint, HttpContext, Task> call)
    {
        var jobs = new JobsEndpoint(new JobLeases(null!, null!, null!, null!, null!, null!, Options.Create(new GatewayOptions())), null!, null!, null!, null!);
        var sent = body.Replace("ACCEPT", Accept, StringComparison.Ordinal).Replace("RECEIPT", Receipt, StringComparison.Ordinal);
        var http = new DefaultHttpContext { Request = { Body = new MemoryStream(Encoding.UTF8.GetBytes(sent)) }, Response = { Body = new MemoryStream() } };
        await call(jobs, http);
        http.Response.Body.Position = 0;
        using var problem = await JsonDocument.ParseAsync(http.Response.Body);
        Assert.Equal(http.Response.StatusCode, problem.RootElement.GetProperty("status").GetInt32());
        return http.Response.StatusCode;
    }
}
