using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

[Function("consensusKeyOf", "address")]
internal sealed class ConsensusKeyOfMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "operator", 2)]
    public string Operator { get; set; } = "";
}

[Function("operatorOf", "address")]
internal sealed class OperatorOfMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "key", 2)]
    public string Key { get; set; } = "";
}

[Function("seats", "address[]")]
internal sealed class SeatsMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("snapshotCount", "uint256")]
internal sealed class SnapshotCountMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("getSnapshot", typeof(GetSnapshotOutput))]
internal sealed class GetSnapshotMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint256", "snapshotId", 2)]
    public BigInteger SnapshotId { get; set; }
}

[FunctionOutput]
internal sealed class GetSnapshotOutput : IFunctionOutputDTO
{
    [Parameter("tuple", "snapshot", 1)]
    public SnapshotTuple Snapshot { get; set; } = new();
}

[Function("currentEpoch", "uint64")]
internal sealed class CurrentEpochMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("getEpoch", typeof(GetEpochOutput))]
internal sealed class GetEpochMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint64", "epoch", 2)]
    public ulong Epoch { get; set; }
}

[FunctionOutput]
internal sealed class GetEpochOutput : IFunctionOutputDTO
{
    [Parameter("tuple", "epoch", 1)]
    public EpochTuple Epoch { get; set; } = new();
}

[Function("latestCheckpoint", typeof(AcceptedCheckpointOutput))]
internal sealed class LatestCheckpointMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("checkpointAt", typeof(AcceptedCheckpointOutput))]
internal sealed class CheckpointAtMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("uint64", "epoch", 2)]
    public ulong Epoch { get; set; }
}

[FunctionOutput]
internal sealed class AcceptedCheckpointOutput : IFunctionOutputDTO
{
    [Parameter("tuple", "checkpoint", 1)]
    public AcceptedCheckpointTuple Checkpoint { get; set; } = new();
}

[Function("networkSalt", "bytes32")]
internal sealed class NetworkSaltMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}
