namespace Ncn.Chain.Transactions;

/// <summary>The arithmetic of outbidding oneself.</summary>
public static class FeeSteps
{
    /// <summary>The least that replaces a bid: an eighth more (12.5 %; nodes ask for 10 %), rounded up, and at least one wei more.</summary>
    public static FeeBid Above(FeeBid bid) => new(Above(bid.MaxFeePerGas), Above(bid.MaxPriorityFeePerGas));

    /// <summary>The larger of both in each part, and never a tip above the whole.</summary>
    public static FeeBid Larger(FeeBid left, FeeBid right)
    {
        var tip = UInt128.Max(left.MaxPriorityFeePerGas, right.MaxPriorityFeePerGas);
        return new FeeBid(UInt128.Max(tip, UInt128.Max(left.MaxFeePerGas, right.MaxFeePerGas)), tip);
    }

    private static UInt128 Above(UInt128 fee) => fee + UInt128.Max(1, (fee + 7) / 8);
}
