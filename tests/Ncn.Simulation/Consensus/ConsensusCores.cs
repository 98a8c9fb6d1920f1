using Ncn.Consensus;
using Ncn.Protocol;

namespace Ncn.Simulation.Consensus;

/// <summary>The consensus core and its shell, as they are or with a fault planted.</summary>
public sealed record ConsensusCores
{
    /// <summary>One step of a validator.</summary>
    public Func<ConsensusState, ConsensusInput, (ConsensusState State, IReadOnlyList<ConsensusOutput> Outputs)> Apply { get; init; } = ConsensusCore.Apply;

    /// <summary>The signing guard: with the vote in its rows, or null when it refuses.</summary>
    public Func<SignGuard, Vote, SignGuard?> Guard { get; init; } = static (guard, vote) =>
        vote.Epoch >= guard.Epoch && guard.ForEpoch(vote.Epoch).Allows(vote) ? guard.ForEpoch(vote.Epoch).With(vote) : null;

    /// <summary>Which rows the shell makes durable.</summary>
    public Func<DurableRow, bool> Writes { get; init; } = static _ => true;

    /// <summary>The shell says that rows are durable before they are.</summary>
    public bool ConfirmsBeforeDurable { get; init; }

    /// <summary>The guard's file is a memory.</summary>
    public bool ForgetsGuard { get; init; }

    /// <summary>The shell believes any proof of how an epoch ended.</summary>
    public bool BelievesHistory { get; init; }

    /// <summary>The shell forgets a block as soon as it is certified.</summary>
    public bool PrunesEarly { get; init; }

    /// <summary>Validators have the world to themselves.</summary>
    public bool IsAlone { get; init; }

    /// <summary>How much of the stake is Byzantine, if it is not the seed's choice.</summary>
    internal Share? Share { get; init; }

    /// <summary>What every Byzantine one does, if it is not the seed's choice.</summary>
    internal Strategy? Strategy { get; init; }
}
