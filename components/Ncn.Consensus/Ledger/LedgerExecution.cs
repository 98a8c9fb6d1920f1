using System.Collections.Immutable;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Consensus;

/// <summary>Where operations are executed.</summary>
/// <param name="Epoch">Of the block.</param>
/// <param name="Kind">Normal or EpochEnd; a tail is not executed.</param>
/// <param name="Proposer">Consensus key of the leader, whose reveal it is.</param>
public sealed record BlockPlace(EpochSettings Epoch, BlockKind Kind, Address Proposer, BlockContext Context)
{
    /// <summary>Of a block that is there.</summary>
    public static BlockPlace Of(EpochSettings epoch, BlockHeader header)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentNullException.ThrowIfNull(header);
        return new BlockPlace(epoch, header.Kind, epoch.Set.Members[header.Proposer].Key, header.Context);
    }
}

/// <summary>Executes blocks on the ledger's states.</summary>
public static class LedgerExecution
{
    /// <summary>Most operations of a block.</summary>
    public const int MostOperations = 4_096;

    /// <summary>Links of a chain of reveals (rule K2). After so many reveals its validator leads without one, until it names another chain with the next snapshot.</summary>
    public const ulong MostReveals = 1 << 20;

    /// <summary>Most bytes of a block's operations, so that a block fits into what is read (<see cref="Wire.WireLimits.BodyBytes"/>).</summary>
    public const int MostBytes = Wire.WireLimits.BodyBytes - 4;

    /// <summary>The state after the block; null when it is invalid: an operation is refused, or the header's roots are not these.</summary>
    public static LedgerState? Execute(LedgerState parent, EpochSettings epoch, Block block)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(block);
        var place = BlockPlace.Of(epoch, block.Header);
        var state = block.Operations.Length <= MostOperations ? Begin(parent, place) : null;
        foreach (var operation in block.Operations)
        {
            state = state is null ? null : LedgerRules.Apply(state, operation.Operation);
        }

        return state is not null && RootsOf(state, place) == block.Header.Roots ? state : null;
    }

    /// <summary>A block's content of the operations that go through, in their order; the others are left out.</summary>
    /// <exception cref="ArgumentException">The reveal is not the next of the proposer's chain.</exception>
    public static BlockContent Build(LedgerState parent, BlockPlace place, IEnumerable<SignedOperation> candidates)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(place);
        ArgumentNullException.ThrowIfNull(candidates);
        var state = Begin(parent, place) ?? throw new ArgumentException("The reveal is not the preimage of the proposer's tip; give the next one of its chain, or none without a chain.", nameof(place));
        var (taken, bytes) = (ImmutableArray.CreateBuilder<SignedOperation>(), 0);
        foreach (var candidate in candidates)
        {
            var hasRoom = taken.Count < MostOperations && bytes + candidate.Bytes <= MostBytes;
            if (hasRoom && LedgerRules.Apply(state, candidate.Operation) is { } next)
            {
                state = next;
                taken.Add(candidate);
                bytes += candidate.Bytes;
            }
        }

        return new BlockContent(taken.ToImmutable(), RootsOf(state, place), place.Context);
    }

    // Receipts and reveals are of one epoch.
    private static LedgerState? Begin(LedgerState parent, BlockPlace place)
    {
        var epoch = place.Epoch.Number;
        var state = parent.Number(LedgerTable.Epoch) == epoch ? parent
            : parent.With(LedgerTable.Epoch, new CanonicalWriter().Number(epoch)).With(LedgerTable.Beacon, new CanonicalWriter().Word(default)) with { Receipts = StateTrie.Empty };
        return Reveal(state, place.Proposer, place.Context.Reveal);
    }

    // K2: one keccak to check; who has no chain, or has come to its end, reveals nothing.
    private static LedgerState? Reveal(LedgerState state, Address proposer, Hash32 reveal)
    {
        if (state.RevealTipOf(proposer) is not { } tip)
        {
            return reveal.IsZero ? state : null;
        }

        var revealed = state.RevealsOf(proposer);
        if (revealed >= MostReveals)
        {
            return reveal.IsZero ? state : null;
        }

        return Keccak256.Of(reveal.ToArray()) == tip
            ? state.With(LedgerState.Key(LedgerTable.RevealTip, proposer), new CanonicalWriter().Word(reveal).Number(revealed + 1)).With(LedgerTable.Beacon, new CanonicalWriter().Word(state.Reveals ^ reveal))
            : null;
    }

    private static LedgerRoots RootsOf(LedgerState state, BlockPlace place) =>
        state.Roots(place.Kind == BlockKind.EpochEnd ? SetRules.Next(state, place.Epoch.Number, place.Epoch.Set.Hash) : default);
}
