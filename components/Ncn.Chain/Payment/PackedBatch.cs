using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Chain.Payment;

/// <summary>How the rows of a packed claim name the key that signs the vouchers; the values of IInferencePayment.AuthorizerForm.</summary>
public enum AuthorizerForm : byte
{
    /// <summary>The channel names none: the payer signs.</summary>
    None,

    /// <summary>The channel names the payer itself.</summary>
    Payer,

    /// <summary>Each row names it, in 20 more bytes.</summary>
    Explicit,
}

/// <summary>Claims of channels that differ only in payer, authorizer and amounts: 100 or 120 bytes a row where the struct form takes about 500.</summary>
public sealed record PackedBatch
{
    private PackedBatch(ChannelConfig shared, AuthorizerForm form, ImmutableArray<VoucherClaim> claims) => (Shared, Form, Claims) = (shared, form, claims);

    /// <summary>One of the channels; receiver, receiverAuthorizer, token, delay and salt are those of all.</summary>
    public ChannelConfig Shared { get; }

    /// <summary>How the rows name the voucher's signer.</summary>
    public AuthorizerForm Form { get; }

    /// <summary>The rows, in their order.</summary>
    public ImmutableArray<VoucherClaim> Claims { get; }

    /// <summary>Bytes of one row.</summary>
    public static int RowBytes(AuthorizerForm form) => form == AuthorizerForm.Explicit ? 120 : 100;

    /// <summary>Whether a claim fits the packed form: both amounts below 2^64.</summary>
    public static bool Fits(VoucherClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return claim.Voucher.MaxClaimableAmount.Units <= ulong.MaxValue && claim.TotalClaimed.Units <= ulong.MaxValue;
    }

    /// <summary>Sorts claims into as few batches as there are kinds of channels; what does not fit is left over for the struct form.</summary>
    public static (ImmutableArray<PackedBatch> Batches, ImmutableArray<VoucherClaim> Unfit) Sort(IEnumerable<VoucherClaim> claims)
    {
        var fitting = claims.ToLookup(Fits);
        var batches = fitting[true].GroupBy(claim => (Form: FormOf(claim.Voucher.Config), Shared: SharedOf(claim.Voucher.Config)))
            .Select(group => new PackedBatch(group.First().Voucher.Config, group.Key.Form, [.. group]));
        return ([.. batches], [.. fitting[false]]);
    }

    /// <summary>The rows as the contract reads them: payer ‖ [payerAuthorizer] ‖ maxClaimable ‖ totalClaimed ‖ EIP-2098 signature.</summary>
    public byte[] EncodeRows()
    {
        var (size, rows) = (RowBytes(Form), new byte[RowBytes(Form) * Claims.Length]);
        for (var i = 0; i < Claims.Length; i++)
        {
            EncodeRow(Claims[i], rows.AsSpan(i * size, size));
        }

        return rows;
    }

    private void EncodeRow(VoucherClaim claim, Span<byte> row)
    {
        claim.Voucher.Config.Payer.CopyTo(row);
        row = row[Address.Size..];
        if (Form == AuthorizerForm.Explicit)
        {
            claim.Voucher.Config.PayerAuthorizer.CopyTo(row);
            row = row[Address.Size..];
        }

        BinaryPrimitives.WriteUInt64BigEndian(row, (ulong)claim.Voucher.MaxClaimableAmount.Units);
        BinaryPrimitives.WriteUInt64BigEndian(row[sizeof(ulong)..], (ulong)claim.TotalClaimed.Units);
        CompactSignature.Write(claim.Voucher.Signature, row[(2 * sizeof(ulong))..]);
    }

    private static AuthorizerForm FormOf(ChannelConfig config) =>
        config.PayerAuthorizer.IsZero ? AuthorizerForm.None : config.PayerAuthorizer == config.Payer ? AuthorizerForm.Payer : AuthorizerForm.Explicit;

    private static ChannelConfig SharedOf(ChannelConfig config) => config with { Payer = Address.Zero, PayerAuthorizer = Address.Zero };
}

/// <summary>Signatures in 64 bytes: r, then s with the parity of y in its highest bit (EIP-2098).</summary>
public static class CompactSignature
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 64;

    private const byte EvenV = 27;
    private const byte ParityBit = 0x80;

    /// <summary>Writes the 64 bytes. A signature with another v than 27 and 28, or a high s, is written as something that nobody signed.</summary>
    public static void Write(Signature signature, Span<byte> destination)
    {
        Span<byte> full = stackalloc byte[Signature.Size];
        signature.CopyTo(full);
        full[..Size].CopyTo(destination);
        if (full[Size] != EvenV)
        {
            destination[Hash32.Size] |= ParityBit;
        }
    }
}
