using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;

namespace Ncn.NethereumStandIn.Tests.Messages;

/// <summary>The example of EIP-712.</summary>
[Struct("Mail")]
public sealed class Mail
{
    [Parameter("tuple", "from", 1, "Person")]
    public Person From { get; set; } = new();

    [Parameter("tuple", "to", 2, "Person")]
    public Person To { get; set; } = new();

    [Parameter("string", "contents", 3)]
    public string Contents { get; set; } = "";
}

[Struct("Person")]
public sealed class Person
{
    [Parameter("string", "name", 1)]
    public string Name { get; set; } = "";

    [Parameter("address", "wallet", 2)]
    public string Wallet { get; set; } = "";
}

[Struct("ClaimBatch")]
public sealed class ClaimBatch
{
    [Parameter("tuple[]", "claims", 1, "ClaimEntry[]")]
    public List<ClaimEntry> Claims { get; set; } = [];
}

[Struct("ClaimEntry")]
public sealed class ClaimEntry
{
    [Parameter("bytes32", "channelId", 1)]
    public byte[] ChannelId { get; set; } = [];

    [Parameter("uint128", "maxClaimableAmount", 2)]
    public BigInteger MaxClaimableAmount { get; set; }

    [Parameter("uint128", "totalClaimed", 3)]
    public BigInteger TotalClaimed { get; set; }
}
