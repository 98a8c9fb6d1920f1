using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>
/// A request that a validator sends as an ordinary client: a canary, which is always checked, or a plant, whose receipt is false on purpose and tells
/// who checks and who only says so.
/// </summary>
/// <remarks>
/// A plant excuses its node, and a validator could excuse a cheat on others' requests that way. So who opens one pays what the node would have paid: for a
/// request of one's own that is little, and for a cheat there is nothing left to gain.
/// </remarks>
public static class Probe
{
    /// <summary>keccak-256(validator ‖ receipt ‖ salt): on the ledger before the receipts are.</summary>
    /// <param name="receipt">Its <see cref="ReceiptLeaf.Digest"/>.</param>
    /// <param name="salt">Random.</param>
    public static Hash32 Commitment(Address validator, Hash32 receipt, Hash32 salt) =>
        Keccak256.Of(new CanonicalWriter().Address(validator).Word(receipt).Word(salt).Written);

    /// <summary>
    /// keccak-256(validator ‖ commitment): what it is kept by. All see a commitment before it is in a block, so another may say the same first: that is another's probe, which nobody
    /// can open, and takes no place of this one.
    /// </summary>
    internal static Hash32 NameOf(Address validator, Hash32 commitment) => Keccak256.Of(new CanonicalWriter().Address(validator).Word(commitment).Written);

    /// <summary>What it costs to open a plant: whoever excuses a node pays what the node would have paid, and no less than the least bond. Atomic units.</summary>
    /// <param name="price">Of its receipt.</param>
    /// <param name="ratePpm">Of its node when it was presented; the floor for the most that it can cost.</param>
    public static TokenAmount CostOf(VerificationRules rules, TokenAmount price, uint ratePpm)
    {
        ArgumentNullException.ThrowIfNull(rules);
        var slash = new TokenAmount(Saturating.Scale(Records.TakenBy(price, ratePpm), rules.SlashPercent, 100));
        return TokenAmount.Max(rules.LeastBond, TokenAmount.Min(slash, Bounds.Amount));
    }
}

/// <summary>A probe that is not opened.</summary>
/// <param name="Validator">Whose it is.</param>
/// <param name="Height">Of the block with its commitment.</param>
/// <param name="Until">The last period in which it can be opened, by <see cref="VerificationState.Clock"/>.</param>
public readonly record struct OpenProbe(Address Validator, ulong Height, ulong Until);
