using System.Text.RegularExpressions;
using Ncn.Chain.Artifacts;
using Ncn.Tests.Anvil;

namespace Ncn.Chain.Tests;

/// <summary>Addresses in the documents are those of the export; contracts/script/document.mjs writes them.</summary>
public sealed partial class DocumentedAddressTests
{
    private readonly ContractArtifacts artifacts;

    public DocumentedAddressTests()
    {
        Repository.RunNode("contracts/script/export.mjs");
        artifacts = ContractArtifacts.Load(Path.Combine(Repository.Root, "artifacts", "contracts", "ncn-contracts.json"));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("ARCHITECTURE.md")]
    public void Every_contract_has_a_row_with_the_address_that_follows_from_its_code(string document)
    {
        var lines = Read(document).Split('\n');
        foreach (var contract in artifacts.Contracts.Values)
        {
            var row = Assert.Single(lines, line => line.StartsWith($"| {contract.Name} |", StringComparison.Ordinal));
            Assert.Contains($"`{contract.Address}`", row, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("ARCHITECTURE.md")]
    public void Every_address_is_one_of_the_export(string document)
    {
        var known = artifacts.Contracts.Values.Select(contract => contract.Address)
            .Concat(artifacts.Networks.Values.SelectMany(network => (network.Canonical?.Values ?? []).Append(network.Token.Address)))
            .Append(artifacts.Deployer)
            .Select(address => address.ToString());
        Assert.Empty(Addresses().Matches(Read(document)).Select(match => match.Value).Except(known, StringComparer.Ordinal));
    }

    [Fact]
    public void The_canonical_addresses_are_those_of_the_networks_file() =>
        Assert.Equal(artifacts.Networks["forknet"].Canonical!.OrderBy(copy => copy.Key), Forknet.Canonical.OrderBy(copy => copy.Key));

    private static string Read(string document) => File.ReadAllText(Path.Combine(Repository.Root, document));

    [GeneratedRegex(@"0x[0-9a-fA-F]{40}\b")]
    private static partial Regex Addresses();
}
