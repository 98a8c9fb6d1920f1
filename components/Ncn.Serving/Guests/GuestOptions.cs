using System.ComponentModel.DataAnnotations;

namespace Ncn.Serving.Guests;

/// <summary>What a subnet gives away (section <c>Ncn:Gateway:FreeTier</c>). By default nothing.</summary>
public sealed class GuestOptions
{
    /// <summary>Requests a UTC day without payment, from one address (IPv6: one /64): 0 to 1,000,000, default 0.</summary>
    [Range(0, 1_000_000)]
    public int RequestsPerAddress { get; set; }

    /// <summary>Requests a UTC day that a payer whose channel holds money is not charged for: 0 to 1,000,000, default 0.</summary>
    [Range(0, 1_000_000)]
    public int RequestsPerPayer { get; set; }

    /// <summary>The dearest request that is free, by its ceiling in atomic units: 1 to 10^12, default 10,000 (0.01 USDC).</summary>
    [Range(1L, 1_000_000_000_000L)]
    public long MaxCeiling { get; set; } = 10_000;

    /// <summary>Whether the subnet's policy, where it says what is free, overrides the numbers here: default true.</summary>
    public bool FollowPolicy { get; set; } = true;
}
