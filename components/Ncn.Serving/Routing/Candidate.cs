using Ncn.Protocol;

namespace Ncn.Serving.Routing;

/// <summary>A node that could run a request, with its offer and its load as this gateway knows it.</summary>
/// <param name="FreeSlots">Requests that it can start now; 0 or less means that it is full.</param>
/// <param name="IsEjected">It failed a moment ago.</param>
public sealed record Candidate(NodeRecord Node, ModelOffer Offer, int FreeSlots, bool IsEjected);

/// <summary>Chooses a node: the better of two random ones, by free slots. Pure: the caller draws the randomness.</summary>
public static class NodeChoice
{
    /// <summary>The chosen node, or null when none has room.</summary>
    /// <param name="candidates">All that serve the model.</param>
    /// <param name="exclude">Nodes that have failed this request.</param>
    /// <param name="maximumPrice">The most that the node may cost, by the caller's own computation of an offer's ceiling.</param>
    /// <param name="draws">Two independent random numbers.</param>
    public static Candidate? Pick(
        IReadOnlyList<Candidate> candidates, IReadOnlySet<Address> exclude, Func<ModelOffer, TokenAmount> ceiling,
        TokenAmount maximumPrice, (uint First, uint Second) draws)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var eligible = candidates
            .Where(candidate => candidate.FreeSlots > 0 && !exclude.Contains(candidate.Node.Operator) && ceiling(candidate.Offer) <= maximumPrice)
            .ToArray();
        var healthy = eligible.Where(static candidate => !candidate.IsEjected).ToArray();
        var pool = healthy.Length > 0 ? healthy : eligible;
        if (pool.Length == 0)
        {
            return null;
        }

        var first = pool[draws.First % (uint)pool.Length];
        var second = pool[draws.Second % (uint)pool.Length];
        return second.FreeSlots > first.FreeSlots ? second : first;
    }
}
