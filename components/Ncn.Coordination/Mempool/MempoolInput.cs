using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>What can happen to a pool. Time comes in as unix milliseconds.</summary>
public abstract record MempoolInput(ulong Now)
{
    /// <summary>A new job, or a duplicate of one.</summary>
    public sealed record Submit(ulong Now, RequestId Request, TokenAmount Fee, ulong SubmittedAt, ulong Deadline) : MempoolInput(Now);

    /// <summary>A node takes a released job, or renews its lease.</summary>
    public sealed record Accept(ulong Now, RequestId Request, ulong Token, Address Node) : MempoolInput(Now);

    /// <summary>The job has its answer.</summary>
    public sealed record Complete(ulong Now, RequestId Request) : MempoolInput(Now);

    /// <summary>Nobody wants the job any more; one that a node has taken goes on.</summary>
    public sealed record Cancel(ulong Now, RequestId Request) : MempoolInput(Now);

    /// <summary>How many requests the nodes could start now.</summary>
    public sealed record SetFreeSlots(ulong Now, uint FreeSlots) : MempoolInput(Now);

    /// <summary>The work queue did not take the job that was released under this token.</summary>
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

    /// <summary>Put the job on the work queue under this token.</summary>
    public sealed record Release(RequestId Request, ulong Token) : MempoolOutput;

    /// <summary>Tell the job's request that it was given up, then confirm. Repeated until confirmed.</summary>
    public sealed record Bury(RequestId Request, JobDeath Death) : MempoolOutput;

    /// <summary>The job is out of the pool: what the shell keeps for it can go.</summary>
    public sealed record Forget(RequestId Request) : MempoolOutput;
}

/// <summary>How a step ended.</summary>
public enum MempoolOutcome
{
    /// <summary>Done.</summary>
    Accepted,

    /// <summary>The job is in the pool or was finished: nothing changed.</summary>
    Repeated,

    /// <summary>The job's deadline has passed.</summary>
    Expired,

    /// <summary>The pool is full of jobs that pay as much or more.</summary>
    Full,

    /// <summary>No such job: it never was, is finished, or was given up.</summary>
    Unknown,

    /// <summary>The lease is not this one: it expired, or another node has the job.</summary>
    LeaseLost,
}
