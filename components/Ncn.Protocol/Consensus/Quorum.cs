namespace Ncn.Protocol;

/// <summary>All quorum arithmetic there is (rule R3): whole numbers, checked, never by count and never rounded.</summary>
public static class Quorum
{
    /// <summary>
    /// More than two thirds: 3 · stake &gt; 2 · total. Any two quorums of a set have more than a third of it in common, hence an honest
    /// signer while less than a third is faulty. The contract's test is the same (ConsensusRules.checkQuorum).
    /// </summary>
    public static bool IsReached(UInt128 stake, UInt128 total) => 3 * stake > 2 * total;

    /// <summary>More than a third, 3 · stake &gt; total: at least one of them is honest while less than a third is faulty.</summary>
    public static bool HasHonest(UInt128 stake, UInt128 total) => 3 * stake > total;
}
