using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>What a case is about.</summary>
public enum CaseKind
{
    /// <summary>Whether a gateway shows the list that it committed to.</summary>
    List = 1,

    /// <summary>A receipt in the sample.</summary>
    Receipt = 2,

    /// <summary>A receipt of a validator's own request, not in the sample: a fault counts, a pass earns nothing.</summary>
    Canary = 3,

    /// <summary>A receipt that somebody demanded an audit of.</summary>
    Audit = 4,
}

/// <summary>How far a case is.</summary>
public enum CaseStage
{
    /// <summary>Its checkers commit to their verdicts.</summary>
    Committing = 1,

    /// <summary>Its checkers reveal.</summary>
    Revealing = 2,

    /// <summary>A plant can be opened; in an escalated case all others commit meanwhile.</summary>
    Opening = 3,

    /// <summary>All reveal.</summary>
    RevealingAll = 4,
}

/// <summary>What somebody is to judge, and what was said.</summary>
/// <param name="Index">Of the receipt in the gateway's list.</param>
/// <param name="Leaf">Null for a list, and for a receipt that the gateway never showed.</param>
/// <param name="Model">What the receipt says that was loaded; zero when the receipt is not known.</param>
/// <param name="RatePpm">The node's rate when it was presented: the receipt stands for 1,000,000 / rate receipts.</param>
/// <param name="Until">The last period of the stage, by <see cref="VerificationState.Clock"/>.</param>
/// <param name="Checkers">Who judges first; of an audit, all.</param>
/// <param name="Marks">By validator: <see cref="Committed"/>, <see cref="Missed"/>, or a <see cref="Finding"/>.</param>
/// <param name="IsEscalated">All judge.</param>
/// <param name="Planter">Who says that it is a plant; zero for nobody.</param>
/// <param name="Audit">Of an audit: the receipt that it was demanded of (<see cref="AuditKey.Receipt"/>); zero otherwise.</param>
public sealed record Case(
    CaseKind Kind, Address Gateway, ulong Period, uint Index, ReceiptLeaf? Leaf, ModelDigest Model, uint RatePpm, CaseStage Stage, ulong Until, ImmutableArray<Address> Checkers,
    ImmutableSortedDictionary<Address, byte> Marks, bool IsEscalated, Address Planter, Hash32 Audit)
{
    /// <summary>A mark: committed, not revealed.</summary>
    public const byte Committed = 0;

    /// <summary>A mark: owed a verdict and did not give it in time.</summary>
    public const byte Missed = 255;

    /// <summary>What a validator has revealed; null for nothing.</summary>
    public Finding? FindingOf(Address validator) => Marks.TryGetValue(validator, out var mark) && mark is not Committed and not Missed ? (Finding)mark : null;

    internal bool HasCommitted(Address validator) => Marks.TryGetValue(validator, out var mark) && mark == Committed;
}

/// <summary>One side of a decision.</summary>
public enum Judgement
{
    /// <summary>No two thirds for anything, or not asked.</summary>
    Undecided = 0,

    /// <summary>No fault.</summary>
    Passed = 1,

    /// <summary>More than two thirds of the stake found a fault.</summary>
    Failed = 2,

    /// <summary>
    /// Of a gateway: more than a third of the stake did not get the evidence from it, so one at least who is honest, and not more than two thirds were
    /// refused: it was away, or answered some only. The commitment earns it nothing; its record stays as it is.
    /// </summary>
    Away = 3,
}

/// <summary>How a case ended.</summary>
/// <param name="Node">Whether the answer is right.</param>
/// <param name="Gateway">Whether the evidence was shown.</param>
/// <param name="IsPlant">It was false on purpose: the node has no part in it.</param>
public readonly record struct Decision(Judgement Node, Judgement Gateway, bool IsPlant);
