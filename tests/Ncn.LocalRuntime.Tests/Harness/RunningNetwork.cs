using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Ncn.LocalRuntime.Tests.Harness;

/// <summary>A real local runtime in a process of its own, on ports that the system chose, with its own state folder.</summary>
internal sealed class RunningNetwork : IDisposable
{
    private const string Secrets = """
        {"plain":"value","nested":{"deep":{"er":"hidden"}},"azurite":{"key":"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="}}
        """;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(180);
    private readonly string[] arguments;
    private Process? process;

    private RunningNetwork(string state, string[] arguments) => (State, this.arguments) = (state, arguments);

    public static string Root { get; } = typeof(RunningNetwork).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static string Scripts { get; } = Path.Combine(Root, "tests", "Ncn.LocalRuntime.Tests", "scripts");

    public static HttpClient Http { get; } = new();

    public string State { get; }

    public JsonElement Report => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(State, "runtime.json")));

    /// <summary>Starts the network of scripts/network; <paramref name="template"/> is another run template there.</summary>
    public static async Task<RunningNetwork> StartAsync(string template = "dapr.yaml", params string[] arguments)
    {
        var state = Directory.CreateTempSubdirectory("ncn-local-runtime-").FullName;
        await File.WriteAllTextAsync(Path.Combine(state, "secrets.json"), Secrets);
        string[] line =
        [
            "--run-file", Path.Combine(Scripts, "network", template), "--resources", Path.Combine(Scripts, "network", "components"),
            "--state", state, "--ports", "system", "--ready-file", Path.Combine(state, "ready"), .. arguments,
        ];
        var network = new RunningNetwork(state, line);
        try
        {
            await network.StartAsync();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    public async Task StartAsync()
    {
        File.Delete(Path.Combine(State, "ready"));
        var program = Path.Combine(AppContext.BaseDirectory, "Ncn.LocalRuntime.dll");
        process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        await WaitAsync(() => Task.FromResult(File.Exists(Path.Combine(State, "ready")) || process.HasExited), "the network did not become ready");
        Assert.False(process.HasExited, "the runtime ended\n" + ReadLog());
    }

    public void Kill()
    {
        process!.Kill();
        process.WaitForExit();
    }

    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", process!.Id.ToString(CultureInfo.InvariantCulture)]);
        process.WaitForExit();
    }

    public JsonElement App(int index) => Report.GetProperty("apps")[index];

    public string Dapr(int app) => App(app).GetProperty("http").GetString()! + "/v1.0";

    public string AppAddress(int app) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{App(app).GetProperty("appPort").GetInt32()}");

    public async Task<List<JsonElement>> JournalAsync(int app, string kind) => [.. JsonSerializer
        .Deserialize<List<JsonElement>>(await Http.GetStringAsync(new Uri(AppAddress(app) + "/journal")))!
        .Where(entry => entry.GetProperty("kind").GetString() == kind)
        .Select(entry => entry.GetProperty("data"))];

    /// <summary>Polls a condition until it holds; fails with the runtime's log when it does not within the limit.</summary>
    public async Task WaitAsync(Func<Task<bool>> condition, string failure)
    {
        for (var begun = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begun) < StartLimit; await Task.Delay(20))
        {
            if (await HoldsAsync(condition))
            {
                break;
            }
        }

        Assert.True(await HoldsAsync(condition), failure + "\n" + ReadLog());
    }

    /// <summary>Runs a scenario of client.js against this network; the error tells what it printed.</summary>
    public async Task<string> RunClientAsync(string scenario, int caller = 1)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Scripts, "client.js"), scenario]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DAPR_HTTP_PORT"] = PortOf(App(caller));
        start.Environment["HOST_DAPR_PORT"] = PortOf(App(0));
        start.Environment["HOST_PORT"] = App(0).GetProperty("appPort").GetRawText();
        using var client = Process.Start(start)!;
        var output = client.StandardOutput.ReadToEndAsync();
        var errors = await client.StandardError.ReadToEndAsync();
        await client.WaitForExitAsync();
        Assert.True(client.ExitCode == 0, $"{scenario}: {errors}\n{await output}\n{ReadLog()}");
        return await output;
    }

    public void Dispose()
    {
        if (process is { HasExited: false })
        {
            Terminate();
        }

        process?.Dispose();
        Directory.Delete(State, recursive: true);
    }

    private static string PortOf(JsonElement app) => new Uri(app.GetProperty("http").GetString()!).Port.ToString(CultureInfo.InvariantCulture);

    private static async Task<bool> HoldsAsync(Func<Task<bool>> condition)
    {
        try
        {
            return await condition();
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private string ReadLog()
    {
        var path = Path.Combine(State, "logs", "runtime.log");
        return File.Exists(path) ? File.ReadAllText(path) : "(no log)";
    }
}
