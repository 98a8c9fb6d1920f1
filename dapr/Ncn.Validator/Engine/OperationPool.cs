using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Validator.Engine;

/// <summary>What became of an operation that somebody gave.</summary>
internal enum Admission
{
    /// <summary>It waits for a block.</summary>
    Taken,

    /// <summary>It waits already, or is in the ledger.</summary>
    Known,

    /// <summary>There is no room.</summary>
    Full,
}

/// <summary>Operations that wait for a block: checked, each once, bounded, first come first served. Safe for concurrent use.</summary>
/// <remarks>
/// An operation rests while a block with it is not final, so that a leader does not see work where there is none; when that block does not
/// become final it is free again. One that the ledger refused rests until the ledger has changed, and goes after some refusals: it may
/// have come before what it needs, or never have had a chance.
/// </remarks>
internal sealed class OperationPool(int capacity = OperationPool.Capacity)
{
    /// <summary>Operations that wait at most.</summary>
    internal const int Capacity = 65_536;

    private const int Remembered = 65_536;
    private const int MostRefusals = 16;
    private const int SmallOperation = 128; // longer than any but a testimony

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _order = [];
    private readonly Dictionary<Hash32, LinkedListNode<Entry>> _waiting = [];
    private readonly SortedDictionary<ulong, List<Entry>> _inBlocks = [];
    private readonly Queue<Hash32> _doneOrder = [];
    private readonly HashSet<Hash32> _done = [];
    private readonly List<Entry> _refused = [];
    private int _resting;

    /// <summary>Operations that a block would take.</summary>
    internal int FreeCount
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count - _resting;
            }
        }
    }

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    internal Admission Add(SignedOperation operation)
    {
        lock (_lock)
        {
            if (_done.Contains(operation.Hash) || _waiting.ContainsKey(operation.Hash))
            {
                return Admission.Known;
            }

            if (_waiting.Count >= capacity)
            {
                return Admission.Full;
            }

            _waiting.Add(operation.Hash, _order.AddLast(new Entry(operation)));
            return Admission.Taken;
        }
    }

    /// <summary>The operation with this hash, whose signature was checked when it came; null for an unknown one.</summary>
    internal SignedOperation? Find(Hash32 hash)
    {
        lock (_lock)
        {
            return _waiting.GetValueOrDefault(hash)?.Value.Operation;
        }
    }

    /// <summary>Those that a block may take, in their order.</summary>
    /// <param name="bytes">What they come to at most on the wire.</param>
    internal ImmutableArray<SignedOperation> Candidates(int most, int bytes)
    {
        lock (_lock)
        {
            var taken = ImmutableArray.CreateBuilder<SignedOperation>();
            foreach (var entry in _order.Where(static entry => entry.State == Place.Free))
            {
                bytes -= entry.Bytes;
                if (taken.Count == most || bytes < 0)
                {
                    break;
                }

                taken.Add(entry.Operation);
            }

            return taken.ToImmutable();
        }
    }

    /// <summary>A block was built or found valid: what is in it rests.</summary>
    internal void InBlock(ulong view, IEnumerable<SignedOperation> operations)
    {
        lock (_lock)
        {
            foreach (var operation in operations)
            {
                if (_waiting.GetValueOrDefault(operation.Hash)?.Value is { } entry)
                {
                    Rest(entry, Place.InBlock);
                    entry.View = view;
                    (_inBlocks.TryGetValue(view, out var list) ? list : _inBlocks[view] = []).Add(entry);
                }
            }
        }
    }

    /// <summary>A leader's ledger did not take these.</summary>
    internal void Refused(IEnumerable<SignedOperation> operations)
    {
        lock (_lock)
        {
            foreach (var operation in operations)
            {
                if (_waiting.GetValueOrDefault(operation.Hash) is not { } node)
                {
                    continue;
                }

                if (++node.Value.Refusals >= MostRefusals)
                {
                    Remove(node);
                }
                else
                {
                    Rest(node.Value, Place.Refused);
                    _refused.Add(node.Value);
                }
            }
        }
    }

    /// <summary>A block is final: its operations are done, and those that rested for its view or an earlier one, or for the ledger, are free.</summary>
    internal void Delivered(ulong view, ImmutableArray<SignedOperation> operations)
    {
        lock (_lock)
        {
            foreach (var operation in operations)
            {
                Remember(operation.Hash);
                if (_waiting.GetValueOrDefault(operation.Hash) is { } node)
                {
                    Remove(node);
                }
            }

            while (_inBlocks.Count > 0 && _inBlocks.First() is var (oldest, entries) && oldest <= view)
            {
                _inBlocks.Remove(oldest);
                entries.ForEach(entry => Free(entry, entry.State == Place.InBlock && entry.View == oldest));
            }

            if (!operations.IsEmpty)
            {
                _refused.ForEach(entry => Free(entry, entry.State == Place.Refused));
                _refused.Clear();
            }
        }
    }

    /// <summary>Another epoch: its views begin anew.</summary>
    internal void FreeAll()
    {
        lock (_lock)
        {
            _inBlocks.Clear();
            _refused.Clear();
            foreach (var entry in _order)
            {
                Free(entry, entry.State != Place.Free);
            }
        }
    }

    private void Rest(Entry entry, Place place)
    {
        _resting += entry.State == Place.Free ? 1 : 0;
        entry.State = place;
    }

    private void Free(Entry entry, bool isResting)
    {
        if (isResting)
        {
            entry.State = Place.Free;
            _resting--;
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _resting -= node.Value.State == Place.Free ? 0 : 1;
        node.Value.State = Place.Gone;
        _order.Remove(node);
        _waiting.Remove(node.Value.Operation.Hash);
    }

    private void Remember(Hash32 hash)
    {
        if (_done.Add(hash))
        {
            _doneOrder.Enqueue(hash);
            if (_doneOrder.Count > Remembered)
            {
                _done.Remove(_doneOrder.Dequeue());
            }
        }
    }

    private enum Place
    {
        Free,
        InBlock,
        Refused,
        Gone,
    }

    private sealed class Entry(SignedOperation operation)
    {
        private const int Overhead = 1 + Signature.Size;

        internal SignedOperation Operation { get; } = operation;

        /// <summary>What it takes on the wire.</summary>
        internal int Bytes { get; } = Overhead + (operation.Operation is Operation.Testify ? SignedOperation.Message(operation.Operation).Content.Length : SmallOperation);

        internal Place State { get; set; }

        internal ulong View { get; set; }

        internal int Refusals { get; set; }
    }
}
