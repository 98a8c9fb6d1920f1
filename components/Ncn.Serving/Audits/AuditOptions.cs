using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Audits;

/// <summary>What an audit that a client asks for costs who loses it (section <c>Ncn:Gateway:Audits</c>).</summary>
public sealed class AuditOptions
{
    /// <summary>Least bond, atomic units: 1 to 10^12, default 10,000. Not below what the validators' rules ask for.</summary>
    [Range(1L, 1_000_000_000_000L)]
    public long LeastBond { get; set; } = 10_000;

    /// <summary>The bond in prices of the answer, where that is more: 1 to 1,000, default 10: all validators run it again.</summary>
    [Range(1, 1_000)]
    public int BondPrices { get; set; } = 10;

    /// <summary>How long the bond is held for the validators to decide, hours: 1 to 168, default 24. Then it is given back.</summary>
    [Range(1, 168)]
    public int Hours { get; set; } = 24;
}
