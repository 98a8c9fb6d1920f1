namespace Ncn.Protocol;

/// <summary>A node's sign of life with its load.</summary>
/// <param name="Sequence">Rises with every heartbeat since the node's record; a replay has an old one.</param>
/// <param name="FreeSlots">Requests that it could start now.</param>
/// <param name="Queued">Requests that wait in the node.</param>
/// <param name="SentAt">Unix milliseconds.</param>
public sealed record NodeHeartbeat(Address Operator, ulong Sequence, uint FreeSlots, uint Queued, ulong SentAt) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "NodeHeartbeat(address operator,uint64 sequence,uint32 freeSlots,uint32 queued,uint64 sentAt,bool draining)");

    /// <summary>The node ends what it has and takes nothing new; it leaves when that is done.</summary>
    public bool Draining { get; init; }

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Address(Operator).Number(Sequence).Number(FreeSlots).Number(Queued).Number(SentAt).Number(Draining ? 1u : 0u).Hash();
}

/// <summary>A node says that it takes no more requests.</summary>
public sealed record NodeLeave(Address Operator, ulong Sequence, ulong SentAt) : ITypedData
{
    private static readonly Hash32 TypeHash =
        TypedDataEncoder.TypeHash("NodeLeave(address operator,uint64 sequence,uint64 sentAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(Operator).Number(Sequence).Number(SentAt).Hash();
}

/// <summary>A node that pulled a job from the work queue asks the gateway for the input and a voucher.</summary>
/// <param name="LeaseToken">The fencing token that came with the job; an older lease is refused.</param>
public sealed record JobAccept(RequestId RequestId, Address Node, ulong LeaseToken, ulong SentAt) : ITypedData
{
    private static readonly Hash32 TypeHash =
        TypedDataEncoder.TypeHash("JobAccept(bytes32 requestId,address node,uint64 leaseToken,uint64 sentAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Word(RequestId.Value).Address(Node).Number(LeaseToken).Number(SentAt).Hash();
}
