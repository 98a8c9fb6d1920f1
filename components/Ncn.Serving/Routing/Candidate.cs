using Ncn.Protocol;

namespace Ncn.Serving.Routing;

/// <summary>A node that could run a request, with its offer and its load as this gateway knows it.</summary>
/// <param name="FreeSlots">Requests that it can start now; 0 or less means that it is full.</param>
public sealed record Candidate(NodeRecord Node, ModelOffer Offer, int FreeSlots)
{
    /// <summary>Validators vouch for the offer's build at this node.</summary>
    public bool IsVerified { get; init; }
}
