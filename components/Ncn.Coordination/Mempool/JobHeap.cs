namespace Ncn.Coordination.Mempool;

/// <summary>An order of jobs. It is total, so that the same steps give the same state everywhere.</summary>
internal interface IJobOrder
{
    /// <summary>Which of a job's places belongs to heaps of this order; a job is in one of them at most.</summary>
    static abstract int Place { get; }

    /// <summary>The order's coarse part, lowest first: the heap keeps it beside the job, so that most comparisons touch no job.</summary>
    static abstract ulong KeyOf(JobEntry job);

    /// <summary>The whole order.</summary>
    static abstract bool IsBefore(JobEntry left, JobEntry right);
}

/// <summary>What is due first.</summary>
internal readonly struct ByDue : IJobOrder
{
    public static int Place => 0;

    public static ulong KeyOf(JobEntry job) => job.Due;

    public static bool IsBefore(JobEntry left, JobEntry right) =>
        left.Due != right.Due ? left.Due < right.Due : left.Request.Value < right.Request.Value;
}

/// <summary>The oldest first.</summary>
internal readonly struct ByAge : IJobOrder
{
    public static int Place => 1;

    public static ulong KeyOf(JobEntry job) => job.Job.SubmittedAt;

    public static bool IsBefore(JobEntry left, JobEntry right) => left.Job.SubmittedAt != right.Job.SubmittedAt
        ? left.Job.SubmittedAt < right.Job.SubmittedAt
        : left.Request.Value < right.Request.Value;
}

/// <summary>The order of eviction: the lowest fee first, of those the youngest, of those the highest id.</summary>
internal readonly struct ByWorth : IJobOrder
{
    public static int Place => 2;

    public static ulong KeyOf(JobEntry job) => (ulong)UInt128.Min(job.Job.Fee.Units, ulong.MaxValue);

    public static bool IsBefore(JobEntry left, JobEntry right) => ByFee.IsBefore(right, left);
}

/// <summary>The highest fee first, of those the oldest, of those the lowest id.</summary>
internal readonly struct ByFee : IJobOrder
{
    public static int Place => 3;

    public static ulong KeyOf(JobEntry job) => ~ByWorth.KeyOf(job);

    public static bool IsBefore(JobEntry left, JobEntry right) => left.Job.Fee != right.Job.Fee
        ? left.Job.Fee > right.Job.Fee
        : ByAge.IsBefore(left, right);
}

/// <summary>A heap of four children a node, whose members know their places: any of them is moved or taken out in O(log n).</summary>
internal sealed class JobHeap<TOrder>
    where TOrder : struct, IJobOrder
{
    private const int Children = 4;
    private Slot[] _slots = new Slot[Children];

    internal int Count { get; private set; }

    internal JobEntry? First => Count == 0 ? null : _slots[0].Job;

    internal void Add(JobEntry job)
    {
        if (Count == _slots.Length)
        {
            Array.Resize(ref _slots, Count * 2);
        }

        Count++;
        Rise(new Slot(TOrder.KeyOf(job), job), Count - 1);
    }

    internal void Remove(JobEntry job)
    {
        var place = job.Places[TOrder.Place];
        if (place < 0)
        {
            return;
        }

        Count--;
        var last = _slots[Count];
        _slots[Count] = default;
        job.Places[TOrder.Place] = -1;
        if (place < Count)
        {
            Settle(last, place);
        }
    }

    /// <summary>The job's order has changed.</summary>
    internal void Moved(JobEntry job) => Settle(new Slot(TOrder.KeyOf(job), job), job.Places[TOrder.Place]);

    private void Settle(Slot slot, int place)
    {
        if (place > 0 && slot.IsBefore(_slots[(place - 1) / Children]))
        {
            Rise(slot, place);
        }
        else
        {
            Sink(slot, place);
        }
    }

    private void Rise(Slot slot, int place)
    {
        while (place > 0 && _slots[(place - 1) / Children] is var parent && slot.IsBefore(parent))
        {
            Put(parent, place);
            place = (place - 1) / Children;
        }

        Put(slot, place);
    }

    private void Sink(Slot slot, int place)
    {
        for (var first = (Children * place) + 1; first < Count; first = (Children * place) + 1)
        {
            var least = first;
            for (var child = first + 1; child < Math.Min(first + Children, Count); child++)
            {
                least = _slots[child].IsBefore(_slots[least]) ? child : least;
            }

            if (!_slots[least].IsBefore(slot))
            {
                break;
            }

            Put(_slots[least], place);
            place = least;
        }

        Put(slot, place);
    }

    private void Put(Slot slot, int place)
    {
        _slots[place] = slot;
        slot.Job.Places[TOrder.Place] = place;
    }

    private readonly struct Slot(ulong key, JobEntry job)
    {
        internal JobEntry Job { get; } = job;

        internal bool IsBefore(in Slot other) => Key != other.Key ? Key < other.Key : TOrder.IsBefore(Job, other.Job);

        private ulong Key { get; } = key;
    }
}
