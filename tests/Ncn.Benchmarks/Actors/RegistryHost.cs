using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dapr.Actors.Client;
using Ncn.Benchmarks.Edge;
using Ncn.Protocol;

namespace Ncn.Benchmarks.Actors;

/// <summary>The registry alone in the local runtime: no chain, no storage emulator, no worker, ports that the system chose.</summary>
internal sealed class RegistryHost : IAsyncDisposable
{
    private const ulong ChainId = 412346;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly Address InferencePayment = Address.Parse("0x00000000000000000000000000000000000000c2");
    private readonly Process _runtime;

    private RegistryHost(Process runtime, string state, Uri sidecar) => (_runtime, State, Sidecar) = (runtime, state, sidecar);

    /// <summary>The folder of everything durable, on the disk that the peer writes to as well.</summary>
    public string State { get; }

    /// <summary>Where callers reach the registry's actors, and where the registry reaches its state.</summary>
    public Uri Sidecar { get; }

    public Eip712Domain PaymentsDomain { get; } = Eip712Domain.Payments(ChainId, InferencePayment);

    /// <summary>Proxies as the apps make them.</summary>
    public ActorProxyFactory Actors() => new(new ActorProxyOptions
    {
        HttpEndpoint = Sidecar.ToString().TrimEnd('/'),
        UseJsonSerialization = true,
        JsonSerializerOptions = ProtocolJson.Options,
    });

    public static async Task<RegistryHost> StartAsync(BenchmarkOptions options)
    {
        string state = Path.Combine(options.Folder, "actors");
        if (Directory.Exists(state))
        {
            Directory.Delete(state, recursive: true);
        }

        Write(state);
        Process runtime = Cores.Start(Cores.All, "dotnet",
        [
            Program("Ncn.LocalRuntime"), "--run-file", Path.Combine(state, "run.yaml"), "--resources", Path.Combine(state, "components"), "--state", state,
            "--config", Dapr("config.yaml"), "--resiliency", Dapr("resiliency.yaml"), "--without", "anvil", "azurite", "--ports", "system", "--ready-file", Path.Combine(state, "ready"),
        ]);
        try
        {
            await WaitAsync(runtime, state);
            using JsonDocument described = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(state, "runtime.json")));
            return new RegistryHost(runtime, state, new Uri(described.RootElement.GetProperty("apps")[0].GetProperty("http").GetString()!));
        }
        catch
        {
            await StopAsync(runtime);
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync(_runtime);

    private static string Dapr(string file) => Path.Combine(BenchmarkOptions.Root, "dapr", file);

    private static string Program(string project) => Path.Combine(BenchmarkOptions.Root, "artifacts", "bin", project, "release", project + ".dll");

    private static void Write(string state)
    {
        string components = Path.Combine(state, "components");
        Directory.CreateDirectory(components);
        foreach (string file in new[] { "statestore.yaml", "pubsub.yaml" })
        {
            File.Copy(Dapr(Path.Combine("components", "local", file)), Path.Combine(components, file));
        }

        File.WriteAllText(Path.Combine(state, "run.yaml"), $"""
            version: 1
            apps:
              - appID: registry
                appDirPath: "{BenchmarkOptions.Root}"
                appPort: 3600
                daprHTTPPort: 3500
                daprGRPCPort: 50001
                command: ["dotnet", "{Program("Ncn.Registry")}"]
                env:
                  DOTNET_gcServer: "0"
                  Ncn__Chain__Rpc: http://127.0.0.1:1
                  Ncn__Chain__ChainId: "{ChainId.ToString(CultureInfo.InvariantCulture)}"
                  Ncn__Chain__Token: "0x00000000000000000000000000000000000000c1"
                  Ncn__Chain__InferencePayment: "{InferencePayment}"
                  Ncn__Chain__ValidatorRegistry: "0x00000000000000000000000000000000000000c3"
            """);
    }

    private static async Task WaitAsync(Process runtime, string state)
    {
        long start = Environment.TickCount64;
        while (!File.Exists(Path.Combine(state, "ready")))
        {
            if (runtime.HasExited || Environment.TickCount64 - start > Patience.TotalMilliseconds)
            {
                throw new BenchmarkFailedException($"the registry did not start; {Path.Combine(state, "logs")} says why");
            }

            await Task.Delay(100);
        }
    }

    private static async Task StopAsync(Process runtime)
    {
        if (!runtime.HasExited)
        {
            Tool.Run("kill", ["-TERM", runtime.Id.ToString(CultureInfo.InvariantCulture)]);
            await runtime.WaitForExitAsync();
        }

        runtime.Dispose();
    }
}
