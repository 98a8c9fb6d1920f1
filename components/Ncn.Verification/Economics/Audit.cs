using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>Which audit: one for each receipt.</summary>
public readonly record struct AuditKey(Address Gateway, Hash32 Receipt) : IComparable<AuditKey>
{
    public int CompareTo(AuditKey other) => Gateway.CompareTo(other.Gateway) is not 0 and var order ? order : Receipt.CompareTo(other.Receipt);

    public static bool operator <(AuditKey left, AuditKey right) => left.CompareTo(right) < 0;

    public static bool operator >(AuditKey left, AuditKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(AuditKey left, AuditKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(AuditKey left, AuditKey right) => left.CompareTo(right) >= 0;
}

/// <summary>An audit that a client demanded of a gateway's receipt.</summary>
/// <param name="Period">Of the receipt's list.</param>
/// <param name="Bond">What the loser pays at least, atomic units.</param>
/// <param name="IsFunded">The gateway had paid so much into the pool; otherwise it answers for it with its share of fees, then with its stake.</param>
/// <param name="OpenedAt">By <see cref="VerificationState.Clock"/>.</param>
/// <param name="Until">When the receipt must have been shown, by the same; after that all judge that it was not.</param>
/// <param name="IsJudged">There is a case of it, or was.</param>
public sealed record Audit(ulong Period, Address Client, TokenAmount Bond, bool IsFunded, ulong OpenedAt, ulong Until, bool IsJudged, AuditVerdict Verdict);
