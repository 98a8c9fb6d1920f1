using Ncn.Protocol;

namespace Ncn.Client.Paying;

/// <summary>What a payer lets the key that signs a channel's vouchers spend. Amounts are atomic units; what is not said is not limited.</summary>
public sealed record SpendLimits
{
    /// <summary>The most that one request may cost at most.</summary>
    public TokenAmount PerRequest { get; init; } = SpendPolicy.NoCap;

    /// <summary>The most that a UTC day may cost.</summary>
    public TokenAmount PerDay { get; init; } = SpendPolicy.NoCap;

    /// <summary>When it ends; from then on the key spends nothing. Default: never.</summary>
    public DateTimeOffset ExpiresAt { get; init; } = DateTimeOffset.MaxValue;

    /// <summary>Whether models without a cap of their own are refused.</summary>
    public bool ListedOnly { get; init; }

    /// <summary>Further caps for single models.</summary>
    public IReadOnlyList<ModelCap> Models { get; init; } = [];
}
