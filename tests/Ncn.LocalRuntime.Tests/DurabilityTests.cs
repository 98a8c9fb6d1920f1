using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ncn.LocalRuntime.Tests.Harness;

namespace Ncn.LocalRuntime.Tests;

/// <summary>What was acknowledged before kill -9 is there after it, and no process stays behind.</summary>
public sealed class DurabilityTests
{
    [Fact]
    public async Task Kill_of_the_runtime_loses_no_state_message_or_reminder_and_leaves_no_child()
    {
        using var network = await RunningNetwork.StartAsync("dapr.yaml", "--without", "anvil");
        await WriteAsync(network);
        var children = Children(network);
        network.Kill();
        await network.WaitAsync(() => Task.FromResult(children.TrueForAll(IsGone)), "children outlive the runtime");

        await network.StartAsync();
        Assert.Equal("42", await RunningNetwork.Http.GetStringAsync(new Uri(network.Dapr(1) + "/state/statestore/kept")));
        Assert.Equal("""{"count":7}""", await AddAsync(network, 0));
        await RunningNetwork.Http.GetStringAsync(new Uri(network.AppAddress(0) + "/accept"));
        await network.WaitAsync(async () => (await network.JournalAsync(0, "held")).Any(data => data.GetString() == "undelivered"), "the message is lost");
        await network.WaitAsync(async () => (await network.JournalAsync(0, "reminder")).Any(entry => entry.GetProperty("data").GetString() == "after"), "the reminder is lost");
    }

    [Fact]
    public async Task Writes_at_the_moment_of_the_kill_are_either_refused_or_kept()
    {
        using var network = await RunningNetwork.StartAsync("dapr.yaml", "--without", "anvil", "azurite");
        var acknowledged = new List<string>();
        var address = network.Dapr(1) + "/state/statestore";
        var writer = Task.Run(async () =>
        {
            for (var i = 0; ; i++)
            {
                var key = $"k{i}";
                using var answer = await RunningNetwork.Http.PostAsJsonAsync(address, new[] { new { key, value = i } });
                lock (acknowledged)
                {
                    acknowledged.Add(key);
                }
            }
        });
        await network.WaitAsync(() => Task.FromResult(acknowledged.Count > 100), "no progress");
        network.Kill();
        await Assert.ThrowsAsync<HttpRequestException>(() => writer);
        await network.StartAsync();
        using var bulk = await RunningNetwork.Http.PostAsJsonAsync(network.Dapr(1) + "/state/statestore/bulk", new { keys = acknowledged.TakeLast(1000) });
        var items = await bulk.Content.ReadFromJsonAsync<List<JsonElement>>();
        Assert.All(items!, item => Assert.True(item.TryGetProperty("data", out _), item.GetRawText()));
    }

    [Fact]
    public async Task A_signal_ends_every_child_and_the_report()
    {
        using var network = await RunningNetwork.StartAsync();
        var children = Children(network);
        Assert.Equal(4, children.Count);
        network.Terminate();
        Assert.All(children, child => Assert.True(IsGone(child)));
        Assert.False(File.Exists(Path.Combine(network.State, "runtime.json")));
    }

    [Fact]
    public async Task An_app_that_dies_is_started_again_and_keeps_its_actors_state()
    {
        using var network = await RunningNetwork.StartAsync("dapr.yaml", "--without", "anvil", "azurite");
        Assert.Equal("""{"count":3}""", await AddAsync(network, 3));
        var before = network.App(0).GetProperty("processId").GetInt32();
        Process.GetProcessById(before).Kill();
        await network.WaitAsync(() => Task.FromResult(network.App(0).GetProperty("processId").ToString() != $"{before}"), "its end goes unnoticed");
        // The call waits for the new process instead of failing.
        var answer = await AddAsync(network, 2);
        Assert.True(answer == """{"count":5}""", answer);
        Assert.NotEqual(before, network.App(0).GetProperty("processId").GetInt32());
    }

    private static async Task WriteAsync(RunningNetwork network)
    {
        var dapr = network.Dapr(1);
        await PostAsync(dapr + "/state/statestore", """[{"key":"kept","value":42}]""");
        Assert.Equal("""{"count":7}""", await AddAsync(network, 7));
        var host = network.Dapr(0) + "/actors/CounterActor/kept";
        await PostAsync(host + "/reminders/later", """{"dueTime":"6s","data":"after"}""");
        // The subscriber takes it only when it is told to, so at the kill it is still with the runtime.
        await PostAsync(dapr + "/publish/pubsub/held", "\"undelivered\"");
    }

    private static async Task<string> AddAsync(RunningNetwork network, int amount)
    {
        using var body = new StringContent($"[{amount}]", Encoding.UTF8, "application/json");
        using var answer = await RunningNetwork.Http.PutAsync(new Uri(network.Dapr(1) + "/actors/CounterActor/kept/method/add"), body);
        return await answer.Content.ReadAsStringAsync();
    }

    private static async Task PostAsync(string address, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await RunningNetwork.Http.PostAsync(new Uri(address), body);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private static List<int> Children(RunningNetwork network)
    {
        var report = network.Report;
        var tools = new[] { report.GetProperty("chain"), report.GetProperty("azurite") };
        return [.. report.GetProperty("apps").EnumerateArray().Concat(tools)
            .Select(entry => entry.GetProperty("processId"))
            .Where(id => id.ValueKind == JsonValueKind.Number)
            .Select(id => id.GetInt32())];
    }

    // A process that ended but is not yet collected by its new parent counts as gone.
    private static bool IsGone(int processId)
    {
        var path = $"/proc/{processId}/stat";
        return !File.Exists(path) || File.ReadAllText(path).Split(") ")[^1].StartsWith('Z');
    }
}
