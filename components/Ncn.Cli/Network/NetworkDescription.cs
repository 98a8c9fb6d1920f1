using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Cli.Validators;
using Ncn.Protocol;

namespace Ncn.Cli.Network;

/// <summary>How to reach everything of a running network: what <c>up --json</c> and <c>status --json</c> print.</summary>
/// <param name="Discovery">What another operator gives as <c>--bootstrap</c>; null when this network keeps to itself.</param>
internal sealed record NetworkDescription(
    IReadOnlyList<GatewayEntry> Gateways, ProxyEntry? Proxy, IReadOnlyList<WorkerEntry> Workers, IReadOnlyList<ValidatorEntry> Validators, ChainEntry Chain,
    IReadOnlyList<WalletEntry> Wallets, IReadOnlyList<DaprEntry> Dapr, RuntimeAzurite Azurite, string? Discovery, string State)
{
    /// <summary>What the validators agree on; null in a network without them, and where nobody asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LedgerReport? Ledger { get; init; }

    private static readonly JsonSerializerOptions Json = new(ProtocolJson.Options) { WriteIndented = true };

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

/// <param name="Grpc">Host and port; null in a network without the app that serves it.</param>
/// <param name="Websocket">The same app's WebSocket.</param>
internal sealed record GatewayEntry(uint Subnet, string Name, string Http, string? Grpc, string? Websocket, IReadOnlyList<string> Models);

internal sealed record ProxyEntry(string Openai);

internal sealed record WorkerEntry(string AppId, Address? Operator, string? Grpc, string Http, int? ProcessId, IReadOnlyList<string> Models);

/// <param name="ConsensusKey">The address that it votes with.</param>
/// <param name="KeyFile">The operator's key, which stakes and gets rewards.</param>
internal sealed record ValidatorEntry(
    string AppId, Address Operator, Address? ConsensusKey, string Http, int? ProcessId, [property: JsonPropertyName("keyFile")] string KeyFile,
    [property: JsonPropertyName("consensusKeyFile")] string ConsensusKeyFile);

internal sealed record ChainEntry(string Rpc, ulong ChainId, Address Token, Address InferencePayment, Address ValidatorRegistry);

internal sealed record WalletEntry(string Role, Address Address, [property: JsonPropertyName("keyFile")] string KeyFile);

internal sealed record DaprEntry(string AppId, string Http, int? ProcessId);
