using Ncn.Verification;

namespace Ncn.Simulation.Verification;

/// <summary>The verification's fold and what its shell does, as they are or with a fault planted.</summary>
public sealed record VerificationCores
{
    /// <summary>One block at a validator.</summary>
    public Func<VerificationState, DeliveredBlock, (VerificationState State, IReadOnlyList<VerificationOutput> Outputs)> Apply { get; init; } = VerificationState.Apply;

    /// <summary>The rules as the validator with this number has them.</summary>
    public Func<int, VerificationRules> Rules { get; init; } = static _ => Usual;

    /// <summary>What honest validators say of all that they check; null for what is true.</summary>
    public Finding? Says { get; init; }

    internal static VerificationRules Usual { get; } = new()
    {
        PeriodMs = 2_000,
        PassesPerHalving = 6,
        FloorPpm = 100_000,
        LeastSlash = new Protocol.TokenAmount(1_000),
        LeastBond = new Protocol.TokenAmount(500),
        AuditWindow = 24,
        ReturnEpochs = 0,
    };
}
