using Ncn.Protocol;

namespace Ncn.Coordination.Batches;

/// <summary>What can happen to a batch. Time comes in as unix milliseconds.</summary>
public abstract record BatchInput(ulong Now)
{
    /// <summary>A new batch, or a repeat of its creation.</summary>
    public sealed record Create(ulong Now, Hash32 Fingerprint, int Lines, ulong ExpiresAt) : BatchInput(Now);

    /// <summary>A runner wants to drive it, or to go on doing so.</summary>
    public sealed record Claim(ulong Now, string Runner) : BatchInput(Now);

    /// <summary>The results of lines are kept.</summary>
    public sealed record Settle(ulong Now, ulong Token, IReadOnlyList<SettledLine> Lines) : BatchInput(Now);

    /// <summary>Its payer gives it up.</summary>
    public sealed record Cancel(ulong Now) : BatchInput(Now);

    /// <summary>Its files are written.</summary>
    public sealed record Finish(ulong Now, ulong Token) : BatchInput(Now);

    /// <summary>Time has passed.</summary>
    public sealed record Tick(ulong Now) : BatchInput(Now);
}

/// <summary>How a step ended.</summary>
public enum BatchOutcome
{
    /// <summary>Done.</summary>
    Accepted,

    /// <summary>It was done before: nothing changed.</summary>
    Repeated,

    /// <summary>The id belongs to another batch.</summary>
    Conflict,

    /// <summary>Too many lines, none, or an expiry that is past or too far away.</summary>
    Invalid,

    /// <summary>There is no such batch.</summary>
    Unknown,

    /// <summary>Another runner drives it, or took it over.</summary>
    LeaseLost,

    /// <summary>It has ended.</summary>
    Ended,

    /// <summary>Lines are missing that must be settled first.</summary>
    NotDone,
}

/// <summary>What the shell is to do after a step.</summary>
public abstract record BatchOutput
{
    private BatchOutput()
    {
    }

    /// <summary>Answer the caller.</summary>
    public sealed record Reply(BatchOutcome Outcome) : BatchOutput;

    /// <summary>Come back with a Tick at this time, unix milliseconds.</summary>
    public sealed record WakeAt(ulong Time) : BatchOutput;

    /// <summary>Nothing needs to be known of it any more.</summary>
    public sealed record Forget : BatchOutput;
}
