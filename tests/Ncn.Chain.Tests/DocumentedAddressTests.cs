using Ncn.Chain.Artifacts;
using Ncn.Tests.Anvil;

namespace Ncn.Chain.Tests;

public sealed class DocumentedAddressTests
{
    [Theory]
    [InlineData("InferencePayment")]
    [InlineData("ValidatorRegistry")]
    [InlineData("Eip3009Collector")]
    [InlineData("TestUsd")]
    public void Architecture_states_the_address_that_follows_from_the_code(string contract)
    {
        var artifacts = ContractArtifacts.Load(Path.Combine(Repository.Root, "artifacts", "contracts", "ncn-contracts.json"));
        var row = File.ReadLines(Path.Combine(Repository.Root, "ARCHITECTURE.md")).Single(line => line.StartsWith($"| {contract} |", StringComparison.Ordinal));
        Assert.Contains($"`{artifacts.Contracts[contract].Address}`", row, StringComparison.Ordinal);
    }
}
