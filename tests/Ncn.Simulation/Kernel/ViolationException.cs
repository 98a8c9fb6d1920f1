namespace Ncn.Simulation.Kernel;

/// <summary>An invariant does not hold.</summary>
/// <param name="invariant">Its name: the same for every trace that breaks it.</param>
/// <param name="details">What happened, to whom.</param>
public sealed class ViolationException(string invariant, string details) : Exception($"{invariant}: {details}")
{
    /// <summary>The invariant's name.</summary>
    public string Invariant { get; } = invariant;
}
