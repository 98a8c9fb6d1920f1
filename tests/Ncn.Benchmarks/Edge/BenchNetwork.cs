using System.Diagnostics;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Edge;

/// <summary>A whole local network with real registry and chain, of which one gateway is measured.</summary>
internal sealed class BenchNetwork : IAsyncDisposable
{
    private readonly string _state;

    private BenchNetwork(string state, JsonElement up, JsonElement runtime)
    {
        _state = state;
        JsonElement app = runtime.GetProperty("apps").EnumerateArray().First(static app => app.GetProperty("appId").GetString() == "gateway-text");
        GatewayProcess = app.GetProperty("processId").GetInt32();
        DaprPort = new Uri(app.GetProperty("http").GetString()!).Port;
        Gateway = new Uri(up.GetProperty("gateways")[0].GetProperty("http").GetString()!);
        JsonElement chain = up.GetProperty("chain");
        ulong chainId = chain.GetProperty("chainId").GetUInt64();
        Token = Address.Parse(chain.GetProperty("token").GetString()!);
        PaymentsDomain = Eip712Domain.Payments(chainId, Address.Parse(chain.GetProperty("inferencePayment").GetString()!));
        NetworkDomain = Eip712Domain.Network(chainId, Address.Parse(chain.GetProperty("validatorRegistry").GetString()!));
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

    public Address Token { get; }

    public Eip712Domain PaymentsDomain { get; }

    public Eip712Domain NetworkDomain { get; }

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
        foreach (string line in File.ReadLines(Path.Combine(_state, "network.env")))
        {
            if (line.Split('=', 2) is [var name, var value] && !name.StartsWith('#'))
            {
                environment.TryAdd(name, value);
            }
        }

        return Cores.Start(Cores.Measured, "dotnet", [Path.Combine(BenchmarkOptions.Root, "artifacts", "bin", "Ncn.Gateway", "release", "Ncn.Gateway.dll")], environment);
    }

    private static string Cli => Path.Combine(BenchmarkOptions.Root, "artifacts", "bin", "Ncn.Cli", "release", "Ncn.Cli.dll");

    private static void Down(string state) => Tool.Run("dotnet", [Cli, "down", "--state", state]);

    private Signer Key(string role) => new(Convert.FromHexString(File.ReadAllText(Path.Combine(_state, "keys", role + ".key")).Trim()[2..]));
}
