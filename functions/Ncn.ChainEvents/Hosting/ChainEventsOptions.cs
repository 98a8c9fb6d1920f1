using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Ncn.Payments.Settlement;
using Ncn.Protocol;

namespace Ncn.ChainEvents.Hosting;

/// <summary>Settings of the app (section <c>Ncn:ChainEvents</c>). Amounts are atomic units of the payment token.</summary>
public sealed class ChainEventsOptions
{
    /// <summary>The operator's subnets: numbers from 1, separated by commas, at most 64.</summary>
    [Required, RegularExpression(@"^[1-9]\d{0,8}(,[1-9]\d{0,8}){0,63}$")]
    public string Subnets { get; set; } = string.Empty;

    /// <summary>A channel is claimed once it owes this much: from 1, default 1,000,000 (1 USDC).</summary>
    [Range(1, long.MaxValue)]
    public long MinimumClaim { get; set; } = 1_000_000;

    /// <summary>A channel is claimed once its oldest unclaimed charge is this old, seconds: 1 to 86,400, default 3,600.</summary>
    /// <remarks>Vouchers are lost when a withdrawal ends before they are claimed, and that takes 900 s at least; a begun withdrawal is always claimed.</remarks>
    [Range(1, 86_400)]
    public int MaximumAgeSeconds { get; set; } = 3600;

    /// <summary>Rows in one claim: 1 to 200, default 64.</summary>
    [Range(1, 200)]
    public int MaximumRows { get; set; } = 64;

    /// <summary>What a million gas costs in atomic units of the token: 0 to 10^15, default 0 (gas is free, as on a local chain).</summary>
    /// <remarks>At 0.01 gwei and 3,000 dollars for the coin, 0.03 dollars: 30,000.</remarks>
    [Range(0L, 1_000_000_000_000_000L)]
    public long UnitsPerMillionGas { get; set; }

    /// <summary>The protocol's fee on what is paid out, basis points: 0 to 10,000, default 50; 0 for an operator outside every subnet.</summary>
    [Range(0, 10_000)]
    public int FeeBasisPoints { get; set; } = 50;

    /// <summary>A channel is claimed once it owes this share of what is left in it, basis points: 1 to 10,000, default 9,000.</summary>
    [Range(1, 10_000)]
    public int ThinEscrowBasisPoints { get; set; } = 9_000;

    /// <summary>The block from which the contracts' events are read the first time: the one that they were deployed in, or 0, the default.</summary>
    [Range(0L, long.MaxValue)]
    public long FirstBlock { get; set; }

    /// <summary>A channel to a node is filled up once less than this is free in it: from 1, default 1,000,000.</summary>
    [Range(1, long.MaxValue)]
    public long NodeFloor { get; set; } = 1_000_000;

    /// <summary>What is free in a channel to a node after it was filled up: at least the floor, default 2,000,000.</summary>
    [Range(1, long.MaxValue)]
    public long NodeFloat { get; set; } = 2_000_000;

    /// <summary>Most nodes that are funded, so that strangers who join cannot bind all money: 1 to 10,000, default 100.</summary>
    [Range(1, 10_000)]
    public int MaximumNodes { get; set; } = 100;

    internal IReadOnlyList<SubnetId> SubnetIds =>
        [.. Subnets.Split(',').Select(number => new SubnetId(uint.Parse(number, CultureInfo.InvariantCulture)))];

    internal ulong StartBlock => (ulong)FirstBlock;

    internal ClaimPolicy Policy => new(new TokenAmount((UInt128)MinimumClaim), (ulong)MaximumAgeSeconds * 1000, MaximumRows)
    {
        UnitsPerMillionGas = (ulong)UnitsPerMillionGas,
        FeeBasisPoints = (uint)FeeBasisPoints,
        ThinEscrowBasisPoints = (uint)ThinEscrowBasisPoints,
    };
}
