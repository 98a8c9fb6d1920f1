using Dapr.Actors;
using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>Watches over one validator: what it has finalised, and how often its key was taken into use, lies in a store that is not the validator's own disk.</summary>
public interface IValidatorActor : IActor
{
    /// <summary>The validator runs: from now on a reminder looks after it.</summary>
    Task WakeAsync();

    /// <summary>What was last written down; null before the first look.</summary>
    Task<FinalisedLedger?> GetAsync();
}

/// <summary>A final block of the ledger, as a validator had it.</summary>
/// <param name="Validator">Its consensus key.</param>
/// <param name="Incarnation">How often that key was taken into use: a guard that knows of fewer is an older copy.</param>
/// <param name="SetHash">Who voted in the epoch.</param>
public sealed record FinalisedLedger(Address Validator, ulong Incarnation, ulong Epoch, ulong Height, Hash32 StateRoot, Hash32 SetHash, Hash32 RewardsRoot);
