using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Chain.Artifacts;

/// <summary>One compiled contract, ready to deploy.</summary>
/// <param name="Address">Where CREATE2 puts it: it follows from deployer, salt and creation code.</param>
/// <param name="CreationCode">Constructor arguments included.</param>
/// <param name="RuntimeCode">How to recognise what stands at the address.</param>
/// <param name="IsLocal">It stands on local chains only.</param>
public sealed record ContractArtifact(string Name, Address Address, Hash32 Salt, HexBytes CreationCode, RuntimeCode RuntimeCode, bool IsLocal)
{
    /// <summary>What the CREATE2 deployer is sent: salt and creation code.</summary>
    public HexBytes DeploymentData => new([.. Salt.ToArray(), .. CreationCode.Span]);

    /// <summary>The address that CREATE2 (EIP-1014) gives.</summary>
    internal static Address PredictAddress(Address deployer, Hash32 salt, HexBytes creationCode)
    {
        Span<byte> preimage = stackalloc byte[1 + Address.Size + (2 * Hash32.Size)];
        preimage[0] = 0xff;
        deployer.CopyTo(preimage[1..]);
        salt.CopyTo(preimage[(1 + Address.Size)..]);
        Keccak256.Hash(creationCode.Span, preimage[(1 + Address.Size + Hash32.Size)..]);
        return new Address(Keccak256.Hash(preimage).AsSpan(12));
    }
}

/// <summary>The file ncn-contracts.json that contracts/script/export.mjs writes.</summary>
/// <param name="Deployer">The keyless CREATE2 deployer.</param>
/// <param name="Contracts">By name.</param>
/// <param name="DeploymentOrder">Every contract after those whose address it is given.</param>
/// <param name="Networks">The chains, by the name that the command line takes.</param>
public sealed record ContractArtifacts(
    Address Deployer, IReadOnlyDictionary<string, ContractArtifact> Contracts, IReadOnlyList<ContractArtifact> DeploymentOrder,
    IReadOnlyDictionary<string, ChainNetwork> Networks)
{
    private const int LargestFileBytes = 16 * 1024 * 1024;

    public ContractArtifact InferencePayment => Get("InferencePayment");

    public ContractArtifact ValidatorRegistry => Get("ValidatorRegistry");

    public ContractArtifact Eip3009Collector => Get("Eip3009Collector");

    public ContractArtifact BootstrapDirectory => Get("BootstrapDirectory");

    public ContractArtifact TestUsd => Get("TestUsd");

    /// <summary>Reads and checks the file.</summary>
    /// <exception cref="FormatException">The file is not what the export script writes; the message says where.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ContractArtifacts Load(string path)
    {
        if (new FileInfo(path).Length > LargestFileBytes)
        {
            throw new FormatException($"{path} is larger than {LargestFileBytes} bytes: it is not the contracts' export.");
        }

        try
        {
            var file = JsonSerializer.Deserialize<ExportFile>(File.ReadAllBytes(path), ProtocolJson.Options);
            var described = file?.Contracts ?? throw new JsonException("\"contracts\" is missing.");
            var contracts = described.ToDictionary(pair => pair.Key, pair => Check(file.Deployer, pair.Key, pair.Value));
            return new ContractArtifacts(file.Deployer, contracts, Order(file, contracts), file.Networks ?? throw new JsonException("\"networks\" is missing."));
        }
        catch (JsonException malformed)
        {
            throw new FormatException($"{path} is not the contracts' export: {malformed.Message} Run contracts/script/export.mjs.", malformed);
        }
    }

    private static ContractArtifact Check(Address deployer, string name, ExportedContract contract) =>
        contract.Address == ContractArtifact.PredictAddress(deployer, contract.Salt, contract.CreationCode)
            ? new ContractArtifact(
                name, contract.Address, contract.Salt, contract.CreationCode,
                contract.RuntimeCode ?? throw new JsonException($"{name} lacks \"runtimeCode\"."), contract.Local)
            : throw new JsonException($"The address of {name} does not follow from its code.");

    private static ContractArtifact[] Order(ExportFile file, Dictionary<string, ContractArtifact> contracts)
    {
        var order = file.DeploymentOrder ?? throw new JsonException("\"deploymentOrder\" is missing.");
        return order.ToHashSet(StringComparer.Ordinal).SetEquals(contracts.Keys) && order.Length == contracts.Count
            ? [.. order.Select(name => contracts[name])]
            : throw new JsonException("\"deploymentOrder\" is not a list of all contracts.");
    }

    private ContractArtifact Get(string name) =>
        Contracts.TryGetValue(name, out var contract) ? contract : throw new FormatException($"The contracts' export lacks {name}.");

    private sealed record ExportFile(
        Address Deployer, Dictionary<string, ExportedContract> Contracts, string[] DeploymentOrder, Dictionary<string, ChainNetwork> Networks);

    private sealed record ExportedContract(Address Address, Hash32 Salt, HexBytes CreationCode, RuntimeCode RuntimeCode, bool Local);
}
