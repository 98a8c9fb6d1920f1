using Dapr.Actors;
using Ncn.Payments.Policies;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>Counts the free requests of some of a subnet's guests; each guest has one such actor, which it shares with others.</summary>
public interface IGuestActor : IActor
{
    /// <summary>Takes a free request of today.</summary>
    Task<FreeTierResult> TakeAsync(FreeRequestCall call);

    /// <summary>Gives one back.</summary>
    Task ReturnAsync(Hash32 guest);
}

/// <param name="Guest">Who asks, hashed.</param>
/// <param name="PerDay">How many a guest has a day.</param>
public sealed record FreeRequestCall(Hash32 Guest, int PerDay);
