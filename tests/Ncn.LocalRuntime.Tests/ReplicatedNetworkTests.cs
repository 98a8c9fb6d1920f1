using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ncn.LocalRuntime.Tests.Harness;

namespace Ncn.LocalRuntime.Tests;

/// <summary>Two instances of one actor host.</summary>
public sealed class ReplicatedNetworkTests
{
    // So many that no host is without any, whatever its port.
    private const int Actors = 40;

    [Fact]
    public async Task Actors_are_spread_move_when_a_host_dies_keep_their_state_and_end_when_idle()
    {
        using var network = await RunningNetwork.StartAsync("replicated.yaml", "--without", "anvil", "azurite");
        await AddToAllAsync(network, expected: 1);
        Assert.NotEmpty(await network.JournalAsync(0, "activated"));
        Assert.NotEmpty(await network.JournalAsync(1, "activated"));

        var victim = network.App(0).GetProperty("processId").GetInt32();
        Process.GetProcessById(victim).Kill();
        await network.WaitAsync(() => Task.FromResult(network.App(0).GetProperty("processId").ToString() != $"{victim}"), "its end goes unnoticed");
        await AddToAllAsync(network, expected: 2);
        // One of the two has by now activated every actor that the other had, or the other is back: either way all counts went on.
        await network.WaitAsync(async () => await CountAsync(network, "deactivated") >= Actors, "idle actors stay active");
        await AddToAllAsync(network, expected: 3);
    }

    [Fact]
    public async Task The_command_before_the_apps_gives_them_their_environment_and_replicas_are_cloned()
    {
        const string Command = "test -n \"$NCN_RPC\" && echo \"FROM_BEFORE=$Ncn__Chain__ChainId\" > \"$NCN_NETWORK_ENV\"";
        using var network = await RunningNetwork.StartAsync("replicated.yaml", "--without", "anvil", "azurite", "--before-apps", Command, "--replicas", "3");
        var who = await RunningNetwork.Http.GetFromJsonAsync<JsonElement>(new Uri(network.AppAddress(0) + "/whoami"));
        Assert.Equal("412346", who.GetProperty("environment").GetProperty("FROM_BEFORE").GetString());
        Assert.Equal(["host", "host", "compute-1", "compute-2", "compute-3"], network.Report.GetProperty("apps").EnumerateArray().Select(app => app.GetProperty("appId").GetString()));
    }

    [Fact]
    public async Task The_chain_keeps_its_balances_over_kill_of_anvil()
    {
        using var network = await RunningNetwork.StartAsync("replicated.yaml", "--without", "azurite", "--replicas", "0");
        const string Account = "0x00000000000000000000000000000000000000aa";
        await CallAsync(network, "anvil_setBalance", Account, "0x1234");
        await CallAsync(network, "evm_mine");
        var state = Path.Combine(network.State, "anvil.json");
        await network.WaitAsync(() => Task.FromResult(File.Exists(state) && File.ReadAllText(state).Contains("0x1234", StringComparison.Ordinal)), "the state is not dumped");
        var before = network.Report.GetProperty("chain").GetProperty("processId").GetInt32();
        Process.GetProcessById(before).Kill();
        await network.WaitAsync(async () => await CallAsync(network, "eth_getBalance", Account, "latest") == "0x1234", "the balance is lost");
    }

    private static async Task AddToAllAsync(RunningNetwork network, int expected)
    {
        for (var i = 0; i < Actors; i++)
        {
            using var body = new StringContent("[1]", Encoding.UTF8, "application/json");
            using var answer = await RunningNetwork.Http.PutAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"{network.Dapr(2)}/actors/CounterActor/a{i}/method/add")), body);
            Assert.Equal($$"""{"count":{{expected}}}""", await answer.Content.ReadAsStringAsync());
        }
    }

    private static async Task<int> CountAsync(RunningNetwork network, string kind) =>
        (await network.JournalAsync(0, kind)).Count + (await network.JournalAsync(1, kind)).Count;

    private static async Task<string?> CallAsync(RunningNetwork network, string method, params string[] parameters)
    {
        var rpc = new Uri(network.Report.GetProperty("chain").GetProperty("rpc").GetString()!);
        using var answer = await RunningNetwork.Http.PostAsJsonAsync(rpc, new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("result").ToString();
    }
}
