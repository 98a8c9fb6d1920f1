using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Engine;

/// <summary>The own chains of reveals: one for each set and snapshot that this validator says it is ready for. Made beside the work, since it takes a second.</summary>
/// <param name="links">Of each chain.</param>
internal sealed class RevealChains(SigningGuard guard, int links, ILogger log)
{
    private const int Most = 3;
    private readonly Lock _lock = new();
    private readonly List<(Hash32 Name, Task<RevealChain> Chain)> _chains = [];
    private Hash32 _unknown;

    // To look for a link in another chain than its own takes as long as to make one.
    private RevealChain? _current;
    private bool _isAtEnd;

    /// <summary>The preimage of a link; null while the chain is made, or when it is none of ours or used up.</summary>
    internal Hash32? Before(Hash32 link)
    {
        if (link == _unknown)
        {
            return null;
        }

        var (all, made) = Made();
        foreach (var chain in made.OrderByDescending(chain => chain.Tip == link).ThenByDescending(chain => chain == _current))
        {
            if (chain.Before(link) is { } found)
            {
                _current = chain;
                return found;
            }
        }

        _unknown = all == made.Length ? link : default;
        return null;
    }

    /// <summary>The tip to name with the readiness for the ledger's candidate; null while it is made.</summary>
    internal Hash32? TipFor(LedgerState ledger) =>
        ledger.CandidateSet() is var (snapshot, set) && Find(NameOf(snapshot, set)) is { IsCompletedSuccessfully: true } chain ? chain.Result.Tip : null;

    /// <summary>The ledger may have another candidate.</summary>
    internal void Look(LedgerState ledger)
    {
        TellOfEnd(ledger.RevealsOf(guard.Key) >= LedgerExecution.MostReveals);
        if (ledger.CandidateSet() is var (snapshot, set) && Find(NameOf(snapshot, set)) is null && (ledger.AwaitsReadiness(guard.Key) || ledger.RevealTipOf(guard.Key) is not null))
        {
            var name = NameOf(snapshot, set);
            var secret = Keccak256.Of(guard.SignMessage(new RevealSeed(name)).Signature.ToArray());
            lock (_lock)
            {
                _chains.Insert(0, (name, Task.Run(() => new RevealChain(secret, links))));
                _chains.RemoveRange(Math.Min(Most, _chains.Count), Math.Max(0, _chains.Count - Most));
                _unknown = default;
            }
        }
    }

    /// <summary>P1: to be said once for each snapshot with the own key in it, as soon as the chain is made; null while there is nothing to say.</summary>
    internal ClaimedOperation? Readiness(LedgerState ledger)
    {
        if (!ledger.AwaitsReadiness(guard.Key) || ledger.CandidateSet() is not var (_, set) || TipFor(ledger) is not { } tip)
        {
            return null;
        }

        var ready = new Operation.BeReady(guard.Key, set, tip);
        return new ClaimedOperation(ready, guard.SignMessage(SignedOperation.Message(ready)).Signature);
    }

    // It leads on without a share in the beacon.
    private void TellOfEnd(bool isAtEnd)
    {
        if (isAtEnd && !_isAtEnd)
        {
            log.LogWarning("The last link of this validator's chain of reveals was shown: its blocks reveal nothing until it names another chain with the subnet's next snapshot.");
        }

        _isAtEnd = isAtEnd;
    }

    private static Hash32 NameOf(uint snapshot, Hash32 set) => Keccak256.Of(new CanonicalWriter().Number(snapshot).Word(set).Written);

    private Task<RevealChain>? Find(Hash32 name)
    {
        lock (_lock)
        {
            return _chains.Find(chain => chain.Name == name).Chain;
        }
    }

    private (int All, RevealChain[] Made) Made()
    {
        lock (_lock)
        {
            return (_chains.Count, [.. _chains.Where(static chain => chain.Chain.IsCompletedSuccessfully).Select(static chain => chain.Chain.Result)]);
        }
    }

    /// <summary>What the secret is made of: a signature that never leaves the process.</summary>
    private sealed record RevealSeed(Hash32 Name) : ITypedData
    {
        private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash("RevealSeed(bytes32 name)");

        public Hash32 StructHash() => new TypedDataEncoder(TypeHash).Word(Name).Hash();
    }
}
