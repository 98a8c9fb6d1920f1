using System.Text.Json;
using System.Text.Json.Serialization;
using Ncn.Protocol;

namespace Ncn.Chain.Transactions;

/// <summary>One line of a journal: a fact about a purpose. The ledger's state is the sum of its records, in order.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Signed), "signed")]
[JsonDerivedType(typeof(Bumped), "bumped")]
[JsonDerivedType(typeof(Sent), "sent")]
[JsonDerivedType(typeof(Mined), "mined")]
[JsonDerivedType(typeof(Returned), "returned")]
[JsonDerivedType(typeof(Replaced), "replaced")]
[JsonDerivedType(typeof(Dropped), "dropped")]
[JsonDerivedType(typeof(Final), "final")]
public abstract record TransactionRecord
{
    private TransactionRecord(PurposeId purpose) => Purpose = purpose;

    /// <summary>Whose record it is.</summary>
    public PurposeId Purpose { get; }

    /// <summary>The record as one line of JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ProtocolJson.Options);

    /// <summary>Reads what <see cref="ToJson"/> wrote; throws <see cref="FormatException"/> for anything else.</summary>
    public static TransactionRecord Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<TransactionRecord>(json, ProtocolJson.Strict) ?? throw new JsonException("It is null.");
        }
        catch (Exception malformed) when (malformed is JsonException or NotSupportedException)
        {
            throw new FormatException($"A journal record is malformed: {malformed.Message}", malformed);
        }
    }

    /// <summary>The call was signed for a nonce; durable before it leaves.</summary>
    public sealed record Signed(PurposeId Purpose, TransactionCall Call, ulong Gas, SignedTransaction Transaction) : TransactionRecord(Purpose);

    /// <summary>The same call and nonce were signed with higher fees; durable before it leaves.</summary>
    public sealed record Bumped(PurposeId Purpose, SignedTransaction Transaction) : TransactionRecord(Purpose);

    /// <summary>A node took the newest signed transaction.</summary>
    /// <param name="At">Unix milliseconds.</param>
    public sealed record Sent(PurposeId Purpose, long At) : TransactionRecord(Purpose);

    /// <summary>One of the signed transactions is in a block.</summary>
    public sealed record Mined(PurposeId Purpose, Inclusion Inclusion) : TransactionRecord(Purpose);

    /// <summary>The chain was reorganized and has the nonce free again.</summary>
    public sealed record Returned(PurposeId Purpose) : TransactionRecord(Purpose);

    /// <summary>A transaction that is not in this journal has the nonce.</summary>
    /// <param name="Head">The newest block when that was seen first.</param>
    /// <param name="At">When that was, unix milliseconds.</param>
    public sealed record Replaced(PurposeId Purpose, ulong Head, long At) : TransactionRecord(Purpose);

    /// <summary>A transaction that is not in this journal has the nonce for good: nothing of this purpose can ever be mined.</summary>
    public sealed record Dropped(PurposeId Purpose) : TransactionRecord(Purpose);

    /// <summary>The transaction has its confirmations. Says all that is kept of a finished purpose.</summary>
    public sealed record Final(PurposeId Purpose, Hash32 CallDigest, ulong Nonce, Inclusion Inclusion) : TransactionRecord(Purpose);
}
