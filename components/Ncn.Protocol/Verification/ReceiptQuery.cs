namespace Ncn.Protocol;

/// <summary>A validator asks a gateway for its receipts of a period: for any page of them, and the evidence of any.</summary>
/// <remarks>
/// Signed under the network domain, and sent as the header <see cref="Header"/>: base64 of the JSON of the signed message. One is good for
/// <see cref="MaxAgeMilliseconds"/>, for all pages.
/// </remarks>
/// <param name="Gateway">Who is asked: nobody else answers.</param>
/// <param name="Origin">Where, as <see cref="OriginOf"/> says it: another gateway that is asked first cannot pass the query on, and read what it gets.</param>
/// <param name="Validator">The consensus key of a member of the chain's current set; it signs.</param>
/// <param name="IssuedAt">Unix milliseconds.</param>
public sealed record ReceiptQuery(Address Gateway, string Origin, Address Validator, ulong Period, ulong IssuedAt) : ITypedData
{
    /// <summary>The header that carries it.</summary>
    public const string Header = "NCN-RECEIPT-QUERY";

    /// <summary>How far its time may be from the gateway's clock, milliseconds: two minutes.</summary>
    public const ulong MaxAgeMilliseconds = 2 * 60 * 1000;

    private static readonly Hash32 TypeHash =
        TypedDataEncoder.TypeHash("ReceiptQuery(address gateway,string origin,address validator,uint64 period,uint64 issuedAt)");

    /// <summary>Scheme, host and port of an address, the port left out where it is the scheme's own: <c>https://gateway.example.org</c>.</summary>
    public static string OriginOf(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.GetLeftPart(UriPartial.Authority);
    }

    public Hash32 StructHash() =>
        new TypedDataEncoder(TypeHash).Address(Gateway).Text(Origin).Address(Validator).Number(Period).Number(IssuedAt).Hash();
}
