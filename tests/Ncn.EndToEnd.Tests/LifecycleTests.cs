using System.Text.Json;
using Ncn.Client.Inference;
using Ncn.EndToEnd.Tests.Harness;
using Ncn.Protocol;

namespace Ncn.EndToEnd.Tests;

/// <summary>up, status and down, as a user types them.</summary>
[Collection(FragileNetwork.Name)]
public sealed class LifecycleTests(FragileNetwork shared)
{
    [Fact]
    public async Task Down_leaves_no_process_and_no_port_and_up_again_keeps_balances_and_channels()
    {
        var network = shared.Network;
        await shared.Account.Paying(network.Text).ChatAsync(ChatRequest.Ask("tiny-chat", "What is 6 + 7?"));
        var (runId, money, books) = (network.RunId, await Books.ReadAsync(network), await shared.Account.ReadAsync());
        Assert.NotEmpty(RunProcesses.Find(runId));

        var down = await network.CommandAsync("down");
        Assert.Contains("stopped", down.Succeeded(), StringComparison.Ordinal);
        Assert.Empty(RunProcesses.Find(runId));
        Assert.All(network.Ports, port => Assert.True(PortBlock.IsFree(port), $"The port {port} is in use."));
        Assert.Equal(3, (await network.CommandAsync("status")).ExitCode);
        Assert.Contains("No network runs", (await network.CommandAsync("down")).Succeeded(), StringComparison.Ordinal);

        await network.UpAsync();
        var (moneyAgain, booksAgain) = (await Books.ReadAsync(network), await shared.Account.ReadAsync());
        Assert.Equal((money.Supply, money.Sum, money.Held["client"]), (moneyAgain.Supply, moneyAgain.Sum, moneyAgain.Held["client"]));
        Assert.Equal((books.ChannelId, books.Balance), (booksAgain.ChannelId, booksAgain.Balance));
        Assert.True(books.ChargedCumulativeAmount > TokenAmount.Zero);
        Assert.Equal(books.ChargedCumulativeAmount, booksAgain.ChargedCumulativeAmount);
    }

    [Fact]
    public async Task Second_up_says_that_the_network_runs_and_starts_nothing()
    {
        // Other tests kill apps of this network, so what runs now is not what its start described.
        await shared.Network.WaitUntilWholeAsync();
        var running = await shared.Network.CommandAsync("status", "--json");
        var before = RunProcesses.Find(shared.Network.RunId).Count;
        var again = await shared.Network.CommandAsync("up", "--detach", "--json");
        var description = JsonSerializer.Deserialize<JsonElement>(again.Succeeded());
        Assert.Contains("already runs", again.Errors, StringComparison.Ordinal);
        Assert.Equal(Processes(JsonSerializer.Deserialize<JsonElement>(running.Succeeded())), Processes(description));
        Assert.Equal(before, RunProcesses.Find(shared.Network.RunId).Count);

        var status = await shared.Network.CommandAsync("status", "--json");
        Assert.Equal(Processes(description), Processes(JsonSerializer.Deserialize<JsonElement>(status.Succeeded())));
    }

    [Fact]
    public async Task Proxy_that_was_killed_is_started_by_up()
    {
        // The one process of a run that nothing supervises.
        Assert.True((await Web.GetAsync(new Uri(shared.Network.Proxy + "/models"))).IsOk().Json.GetProperty("data").GetArrayLength() == 2);
        shared.Network.KillProxy();
        await Poll.UntilAsync("the proxy is gone", () => Task.FromResult(PortBlock.IsFree(new Uri(shared.Network.Proxy).Port)));
        (await shared.Network.CommandAsync("up", "--detach", "--json")).Succeeded();
        (await Web.GetAsync(new Uri(shared.Network.Proxy + "/models"))).IsOk();
    }

    private static string Processes(JsonElement description) =>
        string.Join(',', description.GetProperty("dapr").EnumerateArray().Select(app => $"{app.GetProperty("appId")}={app.GetProperty("processId")}"));
}
