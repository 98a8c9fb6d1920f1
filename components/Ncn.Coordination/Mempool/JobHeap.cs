namespace Ncn.Coordination.Mempool;

/// <summary>An order of jobs. It is total, so that the same steps give the same state everywhere.</summary>
internal interface IJobOrder
{
    /// <summary>Which of a job's places belongs to heaps of this order; a job is in one of them at most.</summary>
    static abstract int Place { get; }

    static abstract bool IsBefore(JobEntry left, JobEntry right);
}

/// <summary>What is due first.</summary>
internal readonly struct ByDue : IJobOrder
{
    public static int Place => 0;

    public static bool IsBefore(JobEntry left, JobEntry right) =>
        left.Due != right.Due ? left.Due < right.Due : left.Request.Value < right.Request.Value;
}

/// <summary>The oldest first.</summary>
internal readonly struct ByAge : IJobOrder
{
    public static int Place => 1;

    public static bool IsBefore(JobEntry left, JobEntry right) => left.Job.SubmittedAt != right.Job.SubmittedAt
        ? left.Job.SubmittedAt < right.Job.SubmittedAt
        : left.Request.Value < right.Request.Value;
}

/// <summary>The order of eviction: the lowest fee first, of those the youngest, of those the highest id.</summary>
internal readonly struct ByWorth : IJobOrder
{
    public static int Place => 2;

    public static bool IsBefore(JobEntry left, JobEntry right) => ByFee.IsBefore(right, left);
}

/// <summary>The highest fee first, of those the oldest, of those the lowest id.</summary>
internal readonly struct ByFee : IJobOrder
{
    public static int Place => 3;

    public static bool IsBefore(JobEntry left, JobEntry right) => left.Job.Fee != right.Job.Fee
        ? left.Job.Fee > right.Job.Fee
        : ByAge.IsBefore(left, right);
}

/// <summary>A binary heap whose members know their places, so that any of them is moved or taken out in O(log n).</summary>
internal sealed class JobHeap<TOrder>
    where TOrder : struct, IJobOrder
{
    private JobEntry[] _jobs = new JobEntry[4];

    internal int Count { get; private set; }

    internal JobEntry? First => Count == 0 ? null : _jobs[0];

    internal void Add(JobEntry job)
    {
        if (Count == _jobs.Length)
        {
            Array.Resize(ref _jobs, Count * 2);
        }

        Count++;
        Rise(job, Count - 1);
    }

    internal void Remove(JobEntry job)
    {
        var place = job.Places[TOrder.Place];
        if (place < 0)
        {
            return;
        }

        Count--;
        var last = _jobs[Count];
        _jobs[Count] = null!;
        job.Places[TOrder.Place] = -1;
        if (place < Count)
        {
            Settle(last, place);
        }
    }

    /// <summary>The job's order has changed.</summary>
    internal void Moved(JobEntry job) => Settle(job, job.Places[TOrder.Place]);

    private void Settle(JobEntry job, int place)
    {
        if (place > 0 && TOrder.IsBefore(job, _jobs[(place - 1) / 2]))
        {
            Rise(job, place);
        }
        else
        {
            Sink(job, place);
        }
    }

    private void Rise(JobEntry job, int place)
    {
        while (place > 0 && _jobs[(place - 1) / 2] is var parent && TOrder.IsBefore(job, parent))
        {
            Put(parent, place);
            place = (place - 1) / 2;
        }

        Put(job, place);
    }

    private void Sink(JobEntry job, int place)
    {
        for (var child = (2 * place) + 1; child < Count; child = (2 * place) + 1)
        {
            child += child + 1 < Count && TOrder.IsBefore(_jobs[child + 1], _jobs[child]) ? 1 : 0;
            if (!TOrder.IsBefore(_jobs[child], job))
            {
                break;
            }

            Put(_jobs[child], place);
            place = child;
        }

        Put(job, place);
    }

    private void Put(JobEntry job, int place)
    {
        _jobs[place] = job;
        job.Places[TOrder.Place] = place;
    }
}
