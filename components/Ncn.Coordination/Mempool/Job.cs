using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>Where a job is on its way.</summary>
public enum JobPhase
{
    /// <summary>Not handed out; not before <see cref="Job.Until"/>.</summary>
    Waiting,

    /// <summary>On the work queue under a lease that ends at <see cref="Job.Until"/> when no node accepts.</summary>
    Released,

    /// <summary>Taken by a node under a lease that ends at <see cref="Job.Until"/> unless the node renews it.</summary>
    Running,

    /// <summary>Given up; kept until the shell confirms that its request was told.</summary>
    Dead,
}

/// <summary>Why a job was given up.</summary>
public enum JobDeath
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Its deadline passed.</summary>
    Expired,

    /// <summary>It was handed out as often as allowed and never finished.</summary>
    Undeliverable,

    /// <summary>The pool was full and a better-paid job came.</summary>
    Evicted,

    /// <summary>Its payer replaced it by a better-paid one.</summary>
    Replaced,

    /// <summary>Its payer gave it up.</summary>
    Cancelled,
}

/// <summary>What the pool knows of a job; what the node needs to run it is the shell's.</summary>
/// <param name="Payer">Who shares fairly with others, and who alone may replace it.</param>
/// <param name="Fee">The client's ceiling, atomic units.</param>
/// <param name="SubmittedAt">Unix milliseconds.</param>
/// <param name="Deadline">Unix milliseconds; the job is handed out to nobody from then on.</param>
/// <param name="Bytes">What the shell keeps for it.</param>
/// <param name="Deliveries">How often it was handed out and not declined.</param>
/// <param name="Declines">How often a node that had not begun it gave it back.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Until">Unix milliseconds; see <see cref="JobPhase"/>. Of a dead job: when its request was last told.</param>
/// <param name="Token">The last lease's fencing token; 0 before the first.</param>
/// <param name="Node">Who runs it; zero otherwise.</param>
/// <param name="Death">Why it was given up.</param>
public readonly record struct Job(
    Address Payer, TokenAmount Fee, ulong SubmittedAt, ulong Deadline, uint Bytes, uint Deliveries, uint Declines, JobPhase Phase, ulong Until,
    ulong Token, Address Node, JobDeath Death)
{
    /// <summary>Jobs of one fee class count as paid alike: the number of binary digits of the fee, so that a class spans a factor of two.</summary>
    public int FeeClass => 128 - (int)UInt128.LeadingZeroCount(Fee.Units);

    /// <summary>The least fee that replaces this job: a tenth more, and more at all.</summary>
    public TokenAmount ReplacementFee => TokenAmount.AddOrMost(Fee, new TokenAmount((Fee.Units / 10) + 1));
}
