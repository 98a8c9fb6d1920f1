namespace Ncn.Protocol;

/// <summary>A validator or gateway asks a node to re-run an answer and say what its model finds.</summary>
/// <param name="Node">Who is asked.</param>
/// <param name="Caller">Who asks, and signs.</param>
/// <param name="JobHash"><see cref="InferenceJob.StructHash"/> of the job whose answer is checked.</param>
/// <param name="IssuedAt">Unix milliseconds; a node answers recent calls only.</param>
public sealed record FingerprintCall(Address Node, Address Caller, Hash32 JobHash, ulong IssuedAt) : ITypedData
{
    private static readonly Hash32 TypeHash =
        TypedDataEncoder.TypeHash("FingerprintCall(address node,address caller,bytes32 jobHash,uint64 issuedAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Address(Node).Address(Caller).Word(JobHash).Number(IssuedAt).Hash();
}
