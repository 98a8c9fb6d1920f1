using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>A final block, as far as verification is concerned. Tails are not given in.</summary>
/// <param name="Height">One more than the block before.</param>
/// <param name="Epoch">Of the ledger.</param>
/// <param name="IsEpochEnd">It is the epoch's last.</param>
/// <param name="TimeMs">Of its header; unix milliseconds.</param>
/// <param name="Proposer">Consensus key of its leader.</param>
/// <param name="Reveal">What the leader revealed (rule K2 of the consensus); zero for nothing.</param>
/// <param name="Facts">One for each operation that matters, in the block's order; <see cref="Fact.SetStarted"/> first in an epoch's first block.</param>
public sealed record DeliveredBlock(ulong Height, ulong Epoch, bool IsEpochEnd, ulong TimeMs, Address Proposer, Hash32 Reveal, ImmutableArray<Fact> Facts);

/// <summary>What an operation of the ledger says to the verification.</summary>
public abstract record Fact
{
    private Fact()
    {
    }

    /// <summary>Who checks from here on. From the epoch's settings, not from an operation; accounts are those that the chain names for the keys.</summary>
    public sealed record SetStarted(ImmutableArray<Checker> Members) : Fact;

    /// <summary>CommitReceipts.</summary>
    /// <param name="Period">Unix time of the work, in periods.</param>
    public sealed record ReceiptsCommitted(Address Gateway, ulong Period, Hash32 Root, uint Count, TokenAmount Total) : Fact;

    /// <summary>CommitVerdict.</summary>
    public sealed record VerdictCommitted(Address Validator, Hash32 Subject) : Fact;

    /// <summary>RevealVerdict, which the ledger has held against the commitment.</summary>
    /// <param name="Outcome">A <see cref="Finding"/>.</param>
    public sealed record VerdictRevealed(Address Validator, Hash32 Subject, byte Outcome) : Fact;

    /// <summary>OpenAudit: a gateway demands that all validators check one of its receipts, because a client has put up a bond.</summary>
    /// <param name="Period">Of the receipt's list; committed, or still to be.</param>
    /// <param name="Receipt">Its <see cref="ReceiptLeaf.Digest"/>.</param>
    public sealed record AuditOpened(Address Gateway, ulong Period, Hash32 Receipt, Address Client, TokenAmount Bond) : Fact;

    /// <summary>Testify; see <see cref="Testimony"/>.</summary>
    public sealed record Testified(Address Author, byte Topic, HexBytes Content) : Fact;

    /// <summary>ObservePolicy: from the next epoch on.</summary>
    /// <param name="FloorPpm">Lowest share of a node's receipts that is checked; 1 to 1,000,000, anything else is left out.</param>
    public sealed record FloorObserved(uint FloorPpm) : Fact;

    /// <summary>One entry of ObserveFunds.</summary>
    /// <param name="Source">For a penalty its id, otherwise an address with twelve zero bytes before it.</param>
    public sealed record FundsReceived(FundKind Kind, Hash32 Source, TokenAmount Amount) : Fact;
}

/// <summary>Why something came into the reward pool.</summary>
public enum FundKind
{
    /// <summary>A protocol fee (ProtocolFeePaid); the source is who was paid.</summary>
    Fee = 1,

    /// <summary>Somebody's own payment (RewardsFunded by anyone but the payment contract); the source is who paid; plants and audits draw on it.</summary>
    Bond = 2,

    /// <summary>Stake that was taken (PenaltyExecuted); the source is the penalty's id.</summary>
    Penalty = 3,
}

/// <summary>What a validator found; the outcome of a verdict. Any other number is taken as silence.</summary>
public enum Finding : byte
{
    /// <summary>The evidence was shown and the re-run agrees. Of a list: it is that of the commitment.</summary>
    Passed = 1,

    /// <summary>The evidence was shown and the re-run does not agree: the node's fault.</summary>
    Failed = 2,

    /// <summary>
    /// The gateway does not show the evidence, or shows what is not signed by the node or not of the leaf; the node shows it, and the re-run agrees: the
    /// gateway's fault. Of a list: it is not shown or is another.
    /// </summary>
    Withheld = 3,

    /// <summary>Neither shows it, or the gateway does not and what the node shows does not agree: the fault of both. Both were reached.</summary>
    Lost = 4,

    /// <summary>
    /// The evidence was shown and nobody here can say: the answer is sealed for its client, or no tolerance was measured. It is no pass: it earns nobody
    /// anything, and who says it has neither done a duty nor missed one.
    /// </summary>
    Unchecked = 5,

    /// <summary>
    /// The gateway could not be reached as long as the verdict was owed. Nothing is said of the node, and of the gateway only that it was away. Who says it
    /// has missed the duty when more than two thirds of the stake got the evidence, and otherwise neither done nor missed one.
    /// </summary>
    Unreachable = 6,

    /// <summary>
    /// The gateway was reached and does not show the evidence, and nothing can be said of the node: it cannot be reached, or nobody here can re-run what it
    /// shows. The gateway's fault.
    /// </summary>
    Refused = 7,
}
