using Ncn.Consensus.Wire;

namespace Ncn.Validator.Engine;

/// <summary>Votes that nobody waits for, unchecked, oldest first. Bounded: the oldest go. Safe for concurrent use.</summary>
internal sealed class DeferredVotes
{
    /// <summary>Votes that are kept at most.</summary>
    internal const int Most = 4_096;

    private readonly Lock _lock = new();
    private readonly LinkedList<ClaimedVote> _order = [];
    private readonly Dictionary<(int Signer, ulong Epoch, ulong View), List<LinkedListNode<ClaimedVote>>> _byView = [];

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _order.Count;
            }
        }
    }

    internal void Add(ClaimedVote vote)
    {
        lock (_lock)
        {
            var key = KeyOf(vote);
            var others = _byView.TryGetValue(key, out var held) ? held : _byView[key] = [];
            if (others.Exists(other => other.Value.Vote == vote.Vote))
            {
                return;
            }

            others.Add(_order.AddLast(vote));
            if (_order.Count > Most)
            {
                Remove(_order.First!);
            }
        }
    }

    /// <summary>The oldest one, no longer kept; null when there is none.</summary>
    internal ClaimedVote? Next()
    {
        lock (_lock)
        {
            return _order.First is { } first ? Remove(first) : null;
        }
    }

    /// <summary>Everything that the vote's signer says of its view, no longer kept.</summary>
    internal IReadOnlyList<ClaimedVote> Take(ClaimedVote vote)
    {
        lock (_lock)
        {
            return _byView.TryGetValue(KeyOf(vote), out var held) ? [.. held.ToArray().Select(Remove)] : [];
        }
    }

    private static (int Signer, ulong Epoch, ulong View) KeyOf(ClaimedVote vote) => (vote.Signer, vote.Vote.Epoch, vote.Vote.View);

    private ClaimedVote Remove(LinkedListNode<ClaimedVote> node)
    {
        var key = KeyOf(node.Value);
        _byView[key].Remove(node);
        if (_byView[key].Count == 0)
        {
            _byView.Remove(key);
        }

        _order.Remove(node);
        return node.Value;
    }
}
