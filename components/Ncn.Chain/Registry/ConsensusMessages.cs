using System.Numerics;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts;

namespace Ncn.Chain.Registry;

internal sealed class VoteTuple
{
    [Parameter("uint8", "kind", 1)]
    public byte Kind { get; set; }

    [Parameter("uint64", "epoch", 2)]
    public ulong Epoch { get; set; }

    [Parameter("uint64", "view_", 3)]
    public ulong View { get; set; }

    [Parameter("bytes32", "blockHash", 4)]
    public byte[] BlockHash { get; set; } = [];
}

internal sealed class CheckpointTuple
{
    [Parameter("uint64", "epoch", 1)]
    public ulong Epoch { get; set; }

    [Parameter("uint64", "height", 2)]
    public ulong Height { get; set; }

    [Parameter("bytes32", "blockHash", 3)]
    public byte[] BlockHash { get; set; } = [];

    [Parameter("bytes32", "stateRoot", 4)]
    public byte[] StateRoot { get; set; } = [];

    [Parameter("bytes32", "receiptsRoot", 5)]
    public byte[] ReceiptsRoot { get; set; } = [];

    [Parameter("bytes32", "rewardsRoot", 6)]
    public byte[] RewardsRoot { get; set; } = [];

    [Parameter("bytes32", "nextSetHash", 7)]
    public byte[] NextSetHash { get; set; } = [];
}

internal sealed class AcceptedCheckpointTuple
{
    [Parameter("uint64", "epoch", 1)]
    public ulong Epoch { get; set; }

    [Parameter("uint64", "height", 2)]
    public ulong Height { get; set; }

    [Parameter("uint40", "acceptedAt", 3)]
    public ulong AcceptedAt { get; set; }

    [Parameter("bytes32", "blockHash", 4)]
    public byte[] BlockHash { get; set; } = [];

    [Parameter("bytes32", "stateRoot", 5)]
    public byte[] StateRoot { get; set; } = [];

    [Parameter("bytes32", "rewardsRoot", 6)]
    public byte[] RewardsRoot { get; set; } = [];

    [Parameter("bytes32", "contentHash", 7)]
    public byte[] ContentHash { get; set; } = [];
}

internal sealed class SnapshotTuple
{
    [Parameter("address", "blob", 1)]
    public string Blob { get; set; } = "";

    [Parameter("uint40", "takenAt", 2)]
    public ulong TakenAt { get; set; }

    [Parameter("bytes32", "setHash", 3)]
    public byte[] SetHash { get; set; } = [];

    [Parameter("uint128", "totalStake", 4)]
    public BigInteger TotalStake { get; set; }
}

internal sealed class EpochTuple
{
    [Parameter("uint32", "snapshotId", 1)]
    public uint SnapshotId { get; set; }

    [Parameter("uint40", "openedAt", 2)]
    public ulong OpenedAt { get; set; }

    [Parameter("uint40", "closedAt", 3)]
    public ulong ClosedAt { get; set; }
}

[Function("setConsensusKey")]
internal sealed class SetConsensusKeyMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "key", 2)]
    public string Key { get; set; } = "";

    [Parameter("bytes", "signature", 3)]
    public byte[] Signature { get; set; } = [];
}

[Function("takeSeat")]
internal sealed class TakeSeatMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("address", "operator", 2)]
    public string Operator { get; set; } = "";
}

[Function("takeSnapshot", "uint256")]
internal sealed class TakeSnapshotMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }
}

[Function("submitCheckpoint")]
internal sealed class SubmitCheckpointMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("tuple", "checkpoint", 2)]
    public CheckpointTuple Checkpoint { get; set; } = new();

    [Parameter("uint256", "signers", 3)]
    public BigInteger Signers { get; set; }

    [Parameter("bytes", "signatures", 4)]
    public byte[] Signatures { get; set; } = [];
}

[Function("slashEquivocation")]
internal sealed class SlashEquivocationMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("tuple", "a", 2)]
    public VoteTuple First { get; set; } = new();

    [Parameter("bytes", "signatureA", 3)]
    public byte[] FirstSignature { get; set; } = [];

    [Parameter("tuple", "b", 4)]
    public VoteTuple Second { get; set; } = new();

    [Parameter("bytes", "signatureB", 5)]
    public byte[] SecondSignature { get; set; } = [];
}

[Function("slashCheckpoints")]
internal sealed class SlashCheckpointsMessage : FunctionMessage
{
    [Parameter("uint256", "subnetId", 1)]
    public BigInteger SubnetId { get; set; }

    [Parameter("tuple", "a", 2)]
    public CheckpointTuple First { get; set; } = new();

    [Parameter("bytes", "signatureA", 3)]
    public byte[] FirstSignature { get; set; } = [];

    [Parameter("tuple", "b", 4)]
    public CheckpointTuple Second { get; set; } = new();

    [Parameter("bytes", "signatureB", 5)]
    public byte[] SecondSignature { get; set; } = [];
}
