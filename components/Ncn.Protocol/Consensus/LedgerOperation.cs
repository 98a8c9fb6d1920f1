namespace Ncn.Protocol;

/// <summary>What the author of an operation of the registry's ledger signs: which operation it is, and its canonical bytes.</summary>
public sealed record LedgerOperation(byte Kind, HexBytes Content) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("LedgerOperation(uint8 kind,bytes content)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Number(Kind).Bytes(Content.Span).Hash();
}
