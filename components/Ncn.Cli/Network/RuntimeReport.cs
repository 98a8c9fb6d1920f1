using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Protocol;

namespace Ncn.Cli.Network;

/// <summary>STATE/runtime.json as the local runtime writes it, as far as the command line reads it.</summary>
internal sealed record RuntimeReport(int ProcessId, bool Ready, IReadOnlyList<RuntimeApp> Apps, RuntimeChain Chain, RuntimeAzurite Azurite)
{
    /// <summary>Null while there is none.</summary>
    public static RuntimeReport? Read(StateFolder state)
    {
        try
        {
            return JsonSerializer.Deserialize<RuntimeReport>(File.ReadAllBytes(state.RuntimeFile), ProtocolJson.Options);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public const string GatewayPrefix = "gateway-";
    public const string ValidatorPrefix = "validator-";
    private const string StreamPrefix = "stream-";

    public IEnumerable<RuntimeApp> Gateways => Apps.Where(app => app.AppId.StartsWith(GatewayPrefix, StringComparison.Ordinal));

    /// <summary>The app that serves gRPC and WebSocket for a gateway's subnet; null in a network that has none.</summary>
    public RuntimeApp? StreamOf(RuntimeApp gateway) => Apps.FirstOrDefault(app => app.AppId == StreamPrefix + gateway.AppId[GatewayPrefix.Length..]);

    /// <summary>Where other operators' networks ask for peers; null when no registry runs or it keeps to itself.</summary>
    public string? Discovery => Apps.FirstOrDefault(static app => app.AppId == "registry")?.Ports?.GetValueOrDefault("Ncn__Discovery__Port") is { } port and > 0
        ? $"http://127.0.0.1:{port}"
        : null;

    public IEnumerable<RuntimeApp> Validators => Apps.Where(static app => app.AppId.StartsWith(ValidatorPrefix, StringComparison.Ordinal));

    public IEnumerable<RuntimeApp> Workers => Apps.Where(app => app.AppId.StartsWith("compute-", StringComparison.Ordinal));
}

/// <param name="Http">The app's Dapr HTTP API.</param>
/// <param name="AppPort">Where the app listens.</param>
/// <param name="Ports">Its further ports, by the setting that names each.</param>
internal sealed record RuntimeApp(
    string AppId, int? ProcessId, string Http, int AppPort, bool Ready, bool GaveUp, IReadOnlyDictionary<string, int>? Ports = null)
{
    [JsonIgnore]
    public Uri Address => new($"http://127.0.0.1:{AppPort}/");
}

internal sealed record RuntimeChain(string Rpc, ulong ChainId);

internal sealed record RuntimeAzurite(string Blobs, string Queues, string Tables);
