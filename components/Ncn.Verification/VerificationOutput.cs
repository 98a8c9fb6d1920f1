using Ncn.Protocol;

namespace Ncn.Verification;

/// <summary>What followed from a block: for logs, observers and the shell's own duties. Nothing has to be done for the fold to go on.</summary>
public abstract record VerificationOutput
{
    private VerificationOutput()
    {
    }

    /// <summary>A commitment's sample is fixed: its list can be read, and what is in the sample presented, until the end of the next period.</summary>
    public sealed record SampleDrawn(Address Gateway, ulong Period, Hash32 Beacon) : VerificationOutput;

    /// <summary>A case was opened; <see cref="Duties.Of"/> says who owes what.</summary>
    public sealed record CaseOpened(Hash32 Subject, Case Case) : VerificationOutput;

    /// <summary>The checkers did not agree, or found a fault: all are to judge.</summary>
    public sealed record CaseEscalated(Hash32 Subject) : VerificationOutput;

    /// <summary>A case is over.</summary>
    public sealed record CaseDecided(Hash32 Subject, Case Case, Decision Decision) : VerificationOutput;

    /// <summary>A validator owed a verdict and did not give it, or said what more than two thirds of the stake contradict, or passed a plant.</summary>
    public sealed record DutyMissed(Address Validator, Hash32 Subject, DutyMiss Miss) : VerificationOutput;

    /// <summary>A node's or gateway's status has changed.</summary>
    public sealed record StatusChanged(PenalizedRole Role, Address Who, StandingStatus Status) : VerificationOutput;

    /// <summary>A penalty is to be opened on the chain, once a checkpoint has a root with it.</summary>
    public sealed record PenaltyDecided(Penalty Penalty) : VerificationOutput;

    /// <summary>A penalty is lifted.</summary>
    public sealed record PenaltyPardoned(Hash32 Penalty) : VerificationOutput;

    /// <summary>
    /// There is a new root, for ObserveRewards(number, root). Keep <paramref name="Stated"/> (its bytes) by the root while a checkpoint may have it:
    /// <see cref="RewardTree.Of"/> makes the proofs from it, and who lost everything starts from it.
    /// </summary>
    public sealed record StatementMade(ulong Number, Hash32 Root, VerificationState Stated) : VerificationOutput;
}

/// <summary>How a duty was missed.</summary>
public enum DutyMiss
{
    /// <summary>No commitment, or no reveal, in time; or it could not reach the gateway, and more than two thirds of the stake got the evidence there.</summary>
    Silent = 1,

    /// <summary>More than two thirds of the stake say the contrary.</summary>
    Contradicted = 2,

    /// <summary>It passed what was false on purpose.</summary>
    PassedPlant = 3,

    /// <summary>It called a plant what was none.</summary>
    FalsePlant = 4,
}
