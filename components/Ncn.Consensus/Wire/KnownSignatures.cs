using System.Collections.Concurrent;
using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>
/// Signatures that were found good, so that none is checked twice: votes by what they say and who says it, operations by their hash. One
/// memory serves all who check in a process, on any thread. A memo of a pure function: no answer depends on what is remembered.
/// </summary>
/// <remarks>
/// Two generations bound it: when the newer one is full it becomes the older, and what is found there moves up. Nothing that fails is
/// kept, so only members and authors fill it.
/// </remarks>
/// <param name="mostVotes">Different contents of votes in one generation; each has at most one vote of a member.</param>
/// <param name="mostOperations">Operations in one generation.</param>
public sealed class KnownSignatures(int mostVotes = 256, int mostOperations = 16_384)
{
    private readonly Generations<Hash32, ImmutableArray<VerifiedVote>> _votes = new(mostVotes);
    private readonly Generations<Hash32, SignedOperation> _operations = new(mostOperations);

    /// <summary>The member's vote of this content, with a signature that is good; null when none is known.</summary>
    /// <param name="digest">EIP-712 digest of the content.</param>
    public VerifiedVote? Find(Hash32 digest, int signer)
    {
        foreach (var vote in VotesOf(digest))
        {
            if (vote.Signer == signer)
            {
                return vote;
            }
        }

        return null;
    }

    /// <summary>Whose votes of this content are known.</summary>
    public SignerBits SignersOf(Hash32 digest) => VotesOf(digest).Aggregate(default(SignerBits), static (bits, vote) => bits.With(vote.Signer));

    /// <summary>Remembers a vote that was checked, or that was made here.</summary>
    public void Add(Hash32 digest, VerifiedVote vote)
    {
        ArgumentNullException.ThrowIfNull(vote);
        _votes.Change(digest, vote, static (known, vote) => known.IsDefault ? [vote] : known.Any(other => other.Signer == vote.Signer) ? known : known.Add(vote));
    }

    /// <summary>The operation of this hash, if its author's signature is known to be good.</summary>
    public SignedOperation? Find(Hash32 hash) => _operations.Find(hash);

    /// <summary>Remembers an operation that was checked.</summary>
    public void Add(SignedOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        _operations.Change(operation.Hash, operation, static (_, operation) => operation);
    }

    private ImmutableArray<VerifiedVote> VotesOf(Hash32 digest) => _votes.Find(digest) is { IsDefault: false } votes ? votes : [];

    private sealed class Generations<TKey, TValue>(int most)
        where TKey : notnull
    {
        private ConcurrentDictionary<TKey, TValue> _newer = new();
        private ConcurrentDictionary<TKey, TValue> _older = new();
        private int _added;

        internal TValue? Find(TKey key)
        {
            if (_newer.TryGetValue(key, out var value))
            {
                return value;
            }

            if (!_older.TryGetValue(key, out value))
            {
                return default;
            }

            Kept(_newer.TryAdd(key, value));
            return value;
        }

        internal void Change<TItem>(TKey key, TItem item, Func<TValue?, TItem, TValue> change)
        {
            var isNew = false;
            _newer.AddOrUpdate(
                key,
                (_, added) =>
                {
                    isNew = true;
                    return change(_older.TryGetValue(key, out var old) ? old : default, added);
                },
                (_, known, added) => change(known, added), item);
            Kept(isNew);
        }

        // Counted here: the dictionary's own count takes all its locks. Two threads may count one too many: then something is checked once more.
        private void Kept(bool isNew)
        {
            if (isNew && Interlocked.Increment(ref _added) == most)
            {
                Volatile.Write(ref _older, Interlocked.Exchange(ref _newer, new()));
                Interlocked.Exchange(ref _added, 0);
            }
        }
    }
}
