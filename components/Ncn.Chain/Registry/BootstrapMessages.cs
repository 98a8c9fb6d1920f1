using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

[Function("announce")]
internal sealed class AnnounceMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("string", "url", 2)]
    public string Url { get; set; } = "";
}

[Function("remove")]
internal sealed class RemoveEntryMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "operator", 2)]
    public string Operator { get; set; } = "";
}

[Function("count", "uint256")]
internal sealed class CountEntriesMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("page", typeof(EntryPageOutput))]
internal sealed class EntryPageMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint256", "start", 2)]
    public BigInteger Start { get; set; }

    [Parameter("uint256", "limit", 3)]
    public BigInteger Limit { get; set; }
}

[FunctionOutput]
internal sealed class EntryPageOutput : IFunctionOutputDTO
{
    [Parameter("tuple[]", "entries", 1)]
    public List<BootstrapEntryTuple> Entries { get; set; } = [];
}

internal sealed class BootstrapEntryTuple
{
    [Parameter("address", "operator", 1)]
    public string Operator { get; set; } = "";

    [Parameter("uint256", "stake", 2)]
    public BigInteger Stake { get; set; }

    [Parameter("string", "url", 3)]
    public string Url { get; set; } = "";
}
