using Ncn.Consensus;

namespace Ncn.Simulation.Consensus;

/// <summary>The consensus core and its shell, as they are or with a fault planted.</summary>
public sealed record ConsensusCores
{
    /// <summary>One step of a validator.</summary>
    public Func<ConsensusState, ConsensusInput, (ConsensusState State, IReadOnlyList<ConsensusOutput> Outputs)> Apply { get; init; } = ConsensusCore.Apply;

    /// <summary>The signing guard: with the vote in its rows, or null when it refuses.</summary>
    public Func<SignGuard, Ncn.Protocol.Vote, SignGuard?> Guard { get; init; } = static (guard, vote) => guard.Allows(vote) ? guard.With(vote) : null;

    /// <summary>The shell says that rows are durable before they are.</summary>
    public bool ConfirmsBeforeDurable { get; init; }
}
