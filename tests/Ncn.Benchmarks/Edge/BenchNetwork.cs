using System.Diagnostics;
using System.Text.Json;
using Ncn.Chain;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Edge;

/// <summary>A whole local network with real registry and chain, of which one gateway is measured.</summary>
internal sealed class BenchNetwork : IAsyncDisposable
{
    private readonly string _state;
    private readonly IReadOnlyDictionary<string, string> _settings;

    private BenchNetwork(string state, JsonElement up, JsonElement runtime)
    {
        _state = state;
        JsonElement app = runtime.GetProperty("apps").EnumerateArray().First(static app => app.GetProperty("appId").GetString() == "gateway-text");
        GatewayProcess = app.GetProperty("processId").GetInt32();
        DaprPort = new Uri(app.GetProperty("http").GetString()!).Port;
        Gateway = new Uri(up.GetProperty("gateways")[0].GetProperty("http").GetString()!);
        _settings = ReadSettings(state);
        Chain = ChainSettings.Read(key => _settings.GetValueOrDefault(key.Replace(":", "__", StringComparison.Ordinal)));
        Client = Key("client");
        GatewayAddress = Key("gateway").Address;
    }

    public int GatewayProcess { get; }

    /// <summary>The gateway's sidecar.</summary>
    public int DaprPort { get; }

    public Uri Gateway { get; }

    /// <summary>Where nodes join.</summary>
    public Uri Registrar => Gateway;

    public Address GatewayAddress { get; }

    public Signer Client { get; }

    public ChainSettings Chain { get; }

    public Address Token => Chain.Token;

    public Eip712Domain PaymentsDomain => Chain.PaymentsDomain;

    public Eip712Domain NetworkDomain => Chain.NetworkDomain;

    /// <summary>Starts everything away from the measured core, and moves the gateway of the text subnet there.</summary>
    public static Task<BenchNetwork> StartAsync(BenchmarkOptions options)
    {
        string state = Path.Combine(options.Folder, "network");
        Down(state);
        if (Directory.Exists(state))
        {
            Directory.Delete(state, recursive: true);
        }

        string up = Tool.Run("taskset", ["-c", Cores.Others, "env", "NCN_PORTS=system", "dotnet", Cli, "up", "--detach", "--json", "--state", state, "--workers", "1"]);
        using JsonDocument described = JsonDocument.Parse(up);
        using JsonDocument runtime = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(state, "runtime.json")));
        var network = new BenchNetwork(state, described.RootElement, runtime.RootElement);
        Cores.Pin(network.GatewayProcess, Cores.Measured);
        Cores.Pin(Environment.ProcessId, Cores.Others);
        return Task.FromResult(network);
    }

    public ValueTask DisposeAsync()
    {
        Down(_state);
        Cores.Pin(Environment.ProcessId, Cores.All);
        Client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Another gateway of the text subnet, on the measured core, beside the same sidecar.</summary>
    public Process StartGateway(int port) => StartGateway(port, new Dictionary<string, string>());

    /// <summary>The same with settings of its own.</summary>
    public Process StartGateway(int port, IReadOnlyDictionary<string, string> settings)
    {
        var environment = new Dictionary<string, string>(settings)
        {
            ["APP_ID"] = "gateway-text", ["APP_PORT"] = $"{port}", ["DAPR_HTTP_PORT"] = $"{DaprPort}", ["DOTNET_CONTENTROOT"] = ".",
            ["Ncn__Gateway__Subnet"] = "1", ["Ncn__Gateway__SubnetName"] = "text", ["Ncn__Gateway__ModelKinds__0"] = "decoder",
        };
        foreach (var (name, value) in _settings)
        {
            environment.TryAdd(name, value);
        }

        return Cores.Start(Cores.Measured, "dotnet", [Path.Combine(BenchmarkOptions.Root, "artifacts", "bin", "Ncn.Gateway", "release", "Ncn.Gateway.dll")], environment);
    }

    private static Dictionary<string, string> ReadSettings(string state) => File.ReadLines(Path.Combine(state, "network.env"))
        .Select(static line => line.Split('=', 2)).Where(static pair => pair.Length == 2 && !pair[0].StartsWith('#'))
        .ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.Ordinal);

    private static string Cli => Path.Combine(BenchmarkOptions.Root, "artifacts", "bin", "Ncn.Cli", "release", "Ncn.Cli.dll");

    private static void Down(string state) => Tool.Run("dotnet", [Cli, "down", "--state", state]);

    private Signer Key(string role) => new(Convert.FromHexString(File.ReadAllText(Path.Combine(_state, "keys", role + ".key")).Trim()[2..]));
}
