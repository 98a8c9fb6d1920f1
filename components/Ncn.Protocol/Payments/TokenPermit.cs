namespace Ncn.Protocol;

/// <summary>EIP-2612: the owner lets the spender take up to <paramref name="Value"/> from it. Signed under the token's own domain.</summary>
/// <param name="Nonce">The owner's next permit nonce at the token.</param>
/// <param name="Deadline">Unix seconds after which the token refuses it.</param>
public sealed record TokenPermit(Address Owner, Address Spender, TokenAmount Value, UInt128 Nonce, ulong Deadline) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Address(Owner).Address(Spender).Number(Value.Units).Number(Nonce).Number(Deadline).Hash();
}
