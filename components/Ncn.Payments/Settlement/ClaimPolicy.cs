using Ncn.Payments.Pricing;
using Ncn.Protocol;

namespace Ncn.Payments.Settlement;

/// <summary>Gas of claim transactions: each form costs its base and so much for each row.</summary>
/// <param name="PackedBatch">Of a packed claim without any row.</param>
/// <param name="PackedRow">Of one more packed row.</param>
/// <param name="StructBatch">Of a claim in the struct form without any row.</param>
/// <param name="StructRow">Of one more row in the struct form.</param>
public sealed record ClaimGas(ulong PackedBatch, ulong PackedRow, ulong StructBatch, ulong StructRow)
{
    /// <summary>What receipts state, rounded up.</summary>
    /// <remarks>
    /// From <c>./ncn bench gas</c>: whole transactions over channels that were claimed from before burn, packed, 46,084 gas with one row,
    /// 207,408 with 16 and 724,352 with 64; in the struct form 48,940, 373,104 and 1,412,032. A test claims on a chain and holds these
    /// figures to 10 %. A row of a channel that was never claimed from costs no more: its slot holds the balance already.
    /// </remarks>
    public static ClaimGas Measured { get; } = new(35_400, 10_800, 27_400, 21_650);

    /// <summary>Gas of a batch.</summary>
    public ulong Of(bool packed, int rows) => packed ? PackedBatch + (PackedRow * (ulong)rows) : StructBatch + (StructRow * (ulong)rows);
}

/// <summary>When a claim is worth its gas.</summary>
/// <param name="MinimumAmount">A channel that owes less is left until it is old or at risk.</param>
/// <param name="MaximumAgeMilliseconds">Claim anything that is older, whatever it costs; 0: everything is old.</param>
/// <param name="MaximumRows">Rows in one transaction.</param>
public sealed record ClaimPolicy(TokenAmount MinimumAmount, ulong MaximumAgeMilliseconds, int MaximumRows)
{
    private const ulong Million = 1_000_000;

    /// <summary>Everything, now.</summary>
    public static ClaimPolicy Everything { get; } = new(new TokenAmount(1), 0, 64);

    /// <summary>Atomic units of the token that a million gas costs; 0: gas is free.</summary>
    public ulong UnitsPerMillionGas { get; init; }

    /// <summary>The protocol's fee on what is paid out, basis points.</summary>
    public uint FeeBasisPoints { get; init; }

    /// <summary>A channel is at risk once it owes this share of what is left in it, basis points.</summary>
    public uint ThinEscrowBasisPoints { get; init; } = 9_000;

    /// <summary>What claims burn.</summary>
    public ClaimGas Gas { get; init; } = ClaimGas.Measured;

    /// <summary>The gas in units of the token, rounded up.</summary>
    public TokenAmount CostOf(ulong gas)
    {
        var scaled = (UInt128)gas * UnitsPerMillionGas;
        return new TokenAmount((scaled / Million) + (scaled % Million == 0 ? 0u : 1u));
    }

    /// <summary>What remains of an amount after the fee, which is rounded up here and down in the contract: the careful side.</summary>
    public TokenAmount Net(TokenAmount amount) => TokenAmount.SubtractOrZero(amount, new TokenAmount(ShareOf(amount.Units, FeeBasisPoints)));

    /// <summary>Whether a channel's claim can wait.</summary>
    public ClaimRisk RiskOf(ClaimCandidate candidate)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        if (!candidate.Funds.Withdrawing.IsZero)
        {
            return ClaimRisk.Withdrawal;
        }

        var left = TokenAmount.SubtractOrZero(candidate.Funds.Balance, candidate.Claimed).Units;
        return candidate.Unclaimed.Units >= ShareOf(left, ThinEscrowBasisPoints) ? ClaimRisk.EscrowThin : ClaimRisk.None;
    }

    internal bool IsOld(ClaimCandidate candidate, ulong now) =>
        MaximumAgeMilliseconds == 0 || (now >= candidate.FirstUnclaimedAt && now - candidate.FirstUnclaimedAt >= MaximumAgeMilliseconds);

    // Rounded up, without a product that could pass 2^128.
    private static UInt128 ShareOf(UInt128 units, uint basisPoints)
    {
        var rest = (units % UsagePrice.WholeBasisPoints * basisPoints) + UsagePrice.WholeBasisPoints - 1;
        return (units / UsagePrice.WholeBasisPoints * basisPoints) + (rest / UsagePrice.WholeBasisPoints);
    }
}
