using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>What can happen to a pool. Time comes in as unix milliseconds.</summary>
public abstract record MempoolInput(ulong Now)
{
    /// <summary>A new job, or a duplicate of one.</summary>
    /// <param name="Bytes">What the shell keeps for it.</param>
    /// <param name="Replaces">The payer's own job whose place this one takes, paying a tenth more; it keeps that one's age.</param>
    public sealed record Submit(
        ulong Now, RequestId Request, Address Payer, TokenAmount Fee, ulong SubmittedAt, ulong Deadline, uint Bytes = 0, RequestId? Replaces = null)
        : MempoolInput(Now);

    /// <summary>A node takes a released job, or renews its lease.</summary>
    public sealed record Accept(ulong Now, RequestId Request, ulong Token, Address Node) : MempoolInput(Now);

    /// <summary>A node pulls jobs by itself, past the work queue: they run at once.</summary>
    public sealed record Take(ulong Now, Address Node, uint Count) : MempoolInput(Now);

    /// <summary>A node gives a job back: one that it has not accepted is offered to others soon, one that it has accepted after a pause.</summary>
    public sealed record Decline(ulong Now, RequestId Request, ulong Token, Address Node) : MempoolInput(Now);

    /// <summary>The job has its answer.</summary>
    public sealed record Complete(ulong Now, RequestId Request) : MempoolInput(Now);

    /// <summary>Nobody wants the job any more; one that a node has taken goes on.</summary>
    public sealed record Cancel(ulong Now, RequestId Request) : MempoolInput(Now);

    /// <summary>How many requests the nodes could start now.</summary>
    public sealed record SetFreeSlots(ulong Now, uint FreeSlots) : MempoolInput(Now);

    /// <summary>The work queue did not take the job that was released under this token: no delivery, and the pool pauses.</summary>
    public sealed record ReleaseFailed(ulong Now, RequestId Request, ulong Token) : MempoolInput(Now);

    /// <summary>A dead job's request was told.</summary>
    public sealed record Buried(ulong Now, RequestId Request) : MempoolInput(Now);

    /// <summary>Time has passed.</summary>
    public sealed record Tick(ulong Now) : MempoolInput(Now);
}

/// <summary>What the shell is to do after a step.</summary>
public abstract record MempoolOutput
{
    private MempoolOutput()
    {
    }

    /// <summary>Answer the caller.</summary>
    public sealed record Reply(MempoolOutcome Outcome) : MempoolOutput;

    /// <summary>The job's entry is this from now on: to be written in the step's own transaction. A later one of the same step counts.</summary>
    public sealed record Keep(RequestId Request, Job Job) : MempoolOutput;

    /// <summary>Put the job on the work queue under this token; of <see cref="MempoolInput.Take"/>: give it to the node that pulled.</summary>
    public sealed record Release(RequestId Request, ulong Token) : MempoolOutput;

    /// <summary>Tell the job's request that it was given up, then confirm. Repeated until confirmed.</summary>
    public sealed record Bury(RequestId Request, JobDeath Death) : MempoolOutput;

    /// <summary>The job is out of the pool: what the shell keeps for it can go, in the step's own transaction.</summary>
    /// <param name="RememberUntil">Unix milliseconds: a late duplicate is recognised until then.</param>
    public sealed record Forget(RequestId Request, ulong RememberUntil) : MempoolOutput;
}

/// <summary>How a step ended.</summary>
public enum MempoolOutcome
{
    /// <summary>Done.</summary>
    Accepted,

    /// <summary>The job is in the pool, or there was nothing to end: nothing changed.</summary>
    Repeated,

    /// <summary>The job was in the pool and has ended: it is not run again. A request that waits for it all the same is to be told.</summary>
    Ended,

    /// <summary>The job's deadline has passed.</summary>
    Expired,

    /// <summary>The pool is full of jobs that pay as much or more.</summary>
    Full,

    /// <summary>The payer has as many jobs in the pool as one may have.</summary>
    PayerFull,

    /// <summary>The job to be replaced is not there, is another payer's, or was taken by a node.</summary>
    NotReplaceable,

    /// <summary>The job to be replaced asks for a tenth more than its own fee.</summary>
    FeeTooLow,

    /// <summary>No such job: it never was, is finished, or was given up.</summary>
    Unknown,

    /// <summary>The lease is not this one: it expired, or another node has the job.</summary>
    LeaseLost,
}
