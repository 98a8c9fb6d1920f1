using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>Answers Build and Validate from the ledger's states, and moves the ledger on. The engine's thread alone uses it.</summary>
/// <param name="reveals">The own chain of reveals (rule K2): the preimage of a tip; null when it has none.</param>
internal sealed class LedgerDesk(OperationPool pool, IChainView chain, IReadOnlyList<IObservationSource> sources, Func<Hash32, Hash32?> reveals, TimeProvider time)
{
    private const int MostPending = 16;
    private const ulong MostAheadMilliseconds = 10_000;
    private readonly List<Block> _pending = [];
    private LedgerTree _tree = LedgerTree.At(default, LedgerState.Empty);

    /// <summary>The ledger after the last delivered block.</summary>
    internal LedgerState Delivered => _tree.Delivered;

    /// <summary>Of the last delivered block.</summary>
    internal Hash32 DeliveredHash => _tree.Hash;

    internal void Set(Hash32 hash, LedgerState ledger)
    {
        _tree = LedgerTree.At(hash, ledger);
        _pending.Clear();
        pool.FreeAll();
    }

    /// <summary>A block's content on its parent; null when the turn is missed.</summary>
    internal BlockContent? Build(ConsensusOutput.Build build, EpochSettings epoch, Address key)
    {
        if (_tree.Find(build.Parent.Hash) is not { } parent || ContextOf(build.Parent, parent, key) is not { } context)
        {
            return null;
        }

        var own = sources.SelectMany(source => source.Due(parent)).Select(static observed => SignedOperation.Trust(observed, default)).ToImmutableArray();
        var waiting = pool.Candidates(LedgerExecution.MostOperations - own.Length, WireLimits.BodyBytes / 2);
        var content = LedgerExecution.Build(parent, new BlockPlace(epoch, build.Kind, key, context), own.Concat(waiting));
        pool.InBlock(build.View, content.Operations);
        if (content.Operations.Length < own.Length + waiting.Length)
        {
            var taken = content.Operations.Select(static operation => operation.Hash).ToHashSet();
            pool.Refused(waiting.Where(operation => !taken.Contains(operation.Hash)));
        }

        return content;
    }

    /// <summary>True or false for good; null while something in it is not seen here yet. It is looked at again by <see cref="Recheck"/>.</summary>
    internal bool? Validate(Block block, EpochSettings epoch)
    {
        if (!IsSeen(block))
        {
            _pending.Add(block);
            if (_pending.Count > MostPending)
            {
                _pending.RemoveAt(0);
            }

            return null;
        }

        (_tree, var isValid) = _tree.Validate(block, epoch);
        if (isValid)
        {
            pool.InBlock(block.View, block.Operations);
        }

        return isValid;
    }

    /// <summary>Blocks that can be judged now.</summary>
    internal IReadOnlyList<Block> Recheck()
    {
        var ready = _pending.Where(IsSeen).ToArray();
        _pending.RemoveAll(ready.Contains);
        return ready;
    }

    internal void Deliver(Block block, EpochSettings epoch)
    {
        _tree = _tree.Deliver(block, epoch);
        _pending.RemoveAll(other => other.View <= block.View);
        pool.Delivered(block.View, block.Operations);
    }

    // An observation that the own eyes do not see yet waits; so does a time that has not come, and a block of the chain that is not confirmed here.
    private bool IsSeen(Block block)
    {
        var context = block.Header.Context;
        return _tree.Find(block.Header.ParentHash) is { } parent && context.Time <= Now + MostAheadMilliseconds && chain.Knows(context.ChainNumber, context.ChainHash)
            && block.Operations.All(operation => !operation.Operation.IsObservation || sources.Any(source => source.Sees(operation.Operation, parent)));
    }

    private BlockContext? ContextOf(Ancestor parent, LedgerState ledger, Address key)
    {
        var head = chain.Head;
        var (number, hash) = head.Number > parent.Context.ChainNumber ? head : (parent.Context.ChainNumber, parent.Context.ChainHash);
        Hash32? reveal = ledger.RevealTipOf(key) is { } tip && ledger.RevealsOf(key) < LedgerExecution.MostReveals ? reveals(tip) : default(Hash32);
        return reveal is { } known ? new BlockContext(number, hash, known, Math.Max(Now, parent.Context.Time)) : null;
    }

    private ulong Now => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
}
