using System.Text.Json;
using Ncn.Tests.Anvil;

namespace Ncn.NethereumStandIn.Tests.Viem;

/// <summary>Runs vectors.mjs once and keeps its answer.</summary>
public sealed class ViemVectors
{
    private readonly JsonElement _answer = JsonSerializer.Deserialize<JsonElement>(
        Repository.RunNode("tests/Ncn.NethereumStandIn.Tests/Viem/vectors.mjs"));

    public string this[string name] => _answer.GetProperty(name).GetString()!;

    public string RawTransaction(int index) => _answer.GetProperty("rawTransactions")[index].GetString()!;
}
