using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>A whole network, started and stopped by the command line as a user would, with a state folder and ports of its own.</summary>
public sealed class LocalNetwork : IAsyncDisposable
{
    private readonly string[] options;
    private readonly int offset = PortBlock.FindOffset();

    public LocalNetwork(params string[] options) => this.options = options;

    public string State { get; } = Directory.CreateTempSubdirectory("ncn-end-to-end-").FullName;

    /// <summary>Settings that every program of the network gets by its environment.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>What <c>up --detach --json</c> printed last.</summary>
    public JsonElement Description { get; private set; }

    public Uri Text => Gateway("text");

    public Uri Vision => Gateway("vision");

    /// <summary>A subnet's WebSocket.</summary>
    public Uri Socket(string name) => new(Entry(name).GetProperty("websocket").GetString()!);

    /// <summary>A subnet's gRPC address: host and port.</summary>
    public string Grpc(string name) => Entry(name).GetProperty("grpc").GetString()!;

    /// <summary>The paying proxy's OpenAI address, without a slash at its end.</summary>
    public string Proxy => Description.GetProperty("proxy").GetProperty("openai").GetString()!;

    internal IEnumerable<int> Ports => PortBlock.PortsOf(offset);

    /// <summary>The mark that every process of the present run carries in its environment.</summary>
    internal string RunId => ReadJson("run.json").GetProperty("runId").GetString()!;

    internal JsonElement Chain => Description.GetProperty("chain");

    internal async Task UpAsync()
    {
        var printed = (await CommandAsync(["up", "--detach", "--json", .. options])).Succeeded();
        Description = JsonSerializer.Deserialize<JsonElement>(printed);
    }

    /// <summary>Runs a command of the command line against this network.</summary>
    internal Task<Command> CommandAsync(params string[] arguments) => Command.RunAsync(
        "dotnet",
        [Installation.CommandLine, .. arguments, "--state", State],
        new Dictionary<string, string?>(Settings.Select(static setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
        {
            ["NCN_ROOT"] = Installation.Root,

            // Code is not watched to be made faster later: these processes live for a minute or two.
            ["DOTNET_TieredPGO"] = "0",
            ["NCN_PORT_OFFSET"] = offset.ToString(CultureInfo.InvariantCulture),
            ["NCN_PORTS"] = null,
            ["NCN_STATE"] = null,
        });

    internal string KeyFile(string role) => Path.Combine(State, "keys", role + ".key");

    /// <summary>A setting of network.env.</summary>
    internal string Setting(string name) => File.ReadLines(Path.Combine(State, "network.env")).First(line => line.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    internal RunningApp App(string appId) => ReadApps().First(app => app.AppId == appId);

    internal IReadOnlyList<RunningApp> Workers() => [.. ReadApps().Where(app => app.AppId.StartsWith("compute-", StringComparison.Ordinal))];

    /// <summary>kill -9 of one app; the local runtime starts it again.</summary>
    internal void KillApp(string appId) => Kill(App(appId).ProcessId ?? throw new InvalidOperationException($"{appId} does not run."));

    /// <summary>Stops an app where it is until it is thawed or killed: whoever asks it meanwhile waits.</summary>
    internal Frozen Freeze(string appId) => new(App(appId).ProcessId ?? throw new InvalidOperationException($"{appId} does not run."));

    internal void KillChain() => Kill(ReadJson("runtime.json").GetProperty("chain").GetProperty("processId").GetInt32());

    /// <summary>kill -9 of the local runtime; all that it supervises ends with it.</summary>
    internal void KillRuntime() => Kill(ReadJson("runtime.json").GetProperty("processId").GetInt32());

    internal void KillProxy() => Kill(ReadJson("run.json").GetProperty("proxy").GetProperty("processId").GetInt32());

    /// <summary>Waits until every app answers and each gateway knows both workers.</summary>
    internal Task WaitUntilWholeAsync() => Poll.UntilAsync("the network is whole", async () =>
    {
        foreach (var app in ReadApps())
        {
            using var ready = await Web.Client.GetAsync(new Uri(app.Address, "readyz"));
            if (!ready.IsSuccessStatusCode || app.ProcessId is null)
            {
                return false;
            }
        }

        return await KnowsBothWorkersAsync(Text) && await KnowsBothWorkersAsync(Vision);
    });

    public async ValueTask DisposeAsync()
    {
        (await CommandAsync("down")).Succeeded();
        Directory.Delete(State, recursive: true);
    }

    private Uri Gateway(string name) => new(Entry(name).GetProperty("http").GetString()! + "/");

    private JsonElement Entry(string name) =>
        Description.GetProperty("gateways").EnumerateArray().First(gateway => gateway.GetProperty("name").GetString() == name);

    private static async Task<bool> KnowsBothWorkersAsync(Uri gateway)
    {
        var models = (await Web.GetJsonAsync(new Uri(gateway, "v1/models"))).GetProperty("data");
        return models.GetArrayLength() > 0 && models.EnumerateArray().All(static model => model.GetProperty("ncn").GetProperty("nodes").GetInt32() == 2);
    }

    private static void Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
    }

    private IReadOnlyList<RunningApp> ReadApps() => [.. ReadJson("runtime.json").GetProperty("apps").EnumerateArray().Select(app => new RunningApp(
        app.GetProperty("appId").GetString()!,
        app.GetProperty("processId").ValueKind == JsonValueKind.Number ? app.GetProperty("processId").GetInt32() : null,
        app.GetProperty("appPort").GetInt32()))];

    private JsonElement ReadJson(string name) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(Path.Combine(State, name)));
}

/// <summary>An app as the local runtime reports it; without a process while it is started again.</summary>
internal sealed record RunningApp(string AppId, int? ProcessId, int Port)
{
    public Uri Address => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}/"));
}
