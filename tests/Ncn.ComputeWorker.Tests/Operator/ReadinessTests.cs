using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Ncn.ComputeWorker.Network;
using Ncn.ComputeWorker.Operator;

namespace Ncn.ComputeWorker.Tests.Operator;

[Collection(NetworkGroup.Name)]
public sealed class ReadinessTests(NetworkFixture network)
{
    [Fact]
    public async Task A_node_that_lacks_something_says_all_that_it_lacks()
    {
        string models = Directory.CreateTempSubdirectory("ncn-models-").FullName;
        await using TestWorker worker = await TestWorker.StartAsync(
            await network.NewPartyAsync(0), network.Gateway, null,
            ("Ncn:Worker:Models", models), ("Ncn:Worker:Gateways", "http://127.0.0.1:1"), ("Ncn:Chain:Rpc", "http://127.0.0.1:1"));

        HttpResponseMessage answer = await worker.Http.GetAsync("/readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        JsonElement problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal(["models", "gateways", "chain"], problem.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()));
        Assert.Contains("no model is loaded", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await worker.Http.GetAsync("/healthz")).StatusCode);
    }

    [Fact]
    public async Task A_node_that_has_all_is_ready() =>
        Assert.Contains("true", await network.Worker.Http.GetStringAsync("/readyz"), StringComparison.Ordinal);

    [Fact]
    public async Task A_verifier_joins_no_gateway_and_is_ready_without_one()
    {
        string state = Directory.CreateTempSubdirectory("ncn-verifier-").FullName;
        await using TestWorker worker = await TestWorker.StartAsync(
            await network.NewPartyAsync(0), network.Gateway, state,
            ("Ncn:Worker:ReRunsOnly", "true"), ("Ncn:Worker:Gateways", ""), ("Ncn:Worker:KeyFile", Path.Combine(state, "node-1.key")));

        HttpResponseMessage answer = await worker.Http.GetAsync("/readyz");

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Assert.Empty(worker.Services.GetRequiredService<KnownGateways>().Links);
    }

    [Fact]
    public void A_verifier_that_names_a_gateway_is_refused()
    {
        var options = new WorkerOptions { ReRunsOnly = true, Gateways = "http://127.0.0.1:8080" };
        Assert.Contains("ReRunsOnly", Assert.Single(options.Validate(new(options))).ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_machine_is_told_the_part_and_not_the_address()
    {
        ReadinessProblem[] problems = [new("chain", "https://rpc.example/key-of-the-operator does not answer")];
        Assert.Contains("key-of-the-operator", Detail(problems, isLocal: true), StringComparison.Ordinal);
        Assert.Equal("Not ready: chain.", Detail(problems, isLocal: false));
    }

    private static string? Detail(ReadinessProblem[] problems, bool isLocal) =>
        Assert.IsType<ProblemHttpResult>(HealthEndpoints.Answer(problems, isLocal)).ProblemDetails.Detail;
}
