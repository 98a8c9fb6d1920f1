using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Protocol;

namespace Ncn.Cli.Deploying;

/// <summary>What <c>deploy --json</c> prints. Amounts of gas and coin are decimal strings; coin is in wei.</summary>
/// <param name="Sent">False for a dry run.</param>
/// <param name="Sender">Null when no key was given.</param>
/// <param name="Balance">The sender's coin; null without one.</param>
/// <param name="Deployer">Whom the transactions are sent to.</param>
/// <param name="Reserve">What the sender must hold.</param>
/// <param name="FirstBlock">When the escrow was deployed now, the newest block before that: chain-events reads from there.</param>
internal sealed record DeployReport(
    string Network, ulong ChainId, string Rpc, bool Sent, Address? Sender, string? Balance, Address Deployer,
    string GasPrice, string Gas, string Cost, string Reserve, ulong? FirstBlock, Address Token, IReadOnlyList<DeployedContract> Contracts)
{
    private static readonly JsonSerializerOptions Json = new(ProtocolJson.Options) { WriteIndented = true };

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}

/// <param name="State">missing: a transaction would put it there; stands: it stood there; deployed: it was put there now.</param>
/// <param name="Gas">Of the transaction that is missing or was missing; "0" when it stood.</param>
/// <param name="Data">What the transaction sends; null when there is none to send.</param>
/// <param name="Transaction">The transaction that put it there now.</param>
/// <param name="Canonical">Its second address on the forknet.</param>
internal sealed record DeployedContract(
    string Name, Address Address, ContractState State, string Gas, string Cost, HexBytes? Data, Hash32? Transaction, Address? Canonical);

[JsonConverter(typeof(JsonStringEnumConverter<ContractState>))]
internal enum ContractState
{
    [JsonStringEnumMemberName("missing")]
    Missing,

    [JsonStringEnumMemberName("stands")]
    Stands,

    [JsonStringEnumMemberName("deployed")]
    Deployed,
}
