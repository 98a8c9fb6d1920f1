using System.Diagnostics.CodeAnalysis;
using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>The queued jobs of one model in one subnet, or a part of them.</summary>
/// <remarks>
/// A step uses its state up: <see cref="JobPool.Apply"/> changes it in place, in O(log n), and gives it back. Who wants to go back to an
/// earlier state keeps the entries that the steps put out (<see cref="MempoolOutput.Keep"/>, <see cref="MempoolOutput.Forget"/>) and
/// makes the state from them again. Durable are the entries and the last token; soft are free slots, the round of payers and the pause.
/// </remarks>
public sealed class MempoolState
{
    private readonly Dictionary<Hash32, JobEntry> _jobs = [];
    private readonly Dictionary<Address, PayerAccount> _payers = [];
    private readonly int[] _counts = new int[Enum.GetValues<JobPhase>().Length];

    /// <summary>A pool without jobs.</summary>
    public MempoolState()
    {
    }

    /// <summary>A pool from what was kept of it, in any order. Its nodes tell their free slots anew.</summary>
    public MempoolState(
        IEnumerable<KeyValuePair<RequestId, Job>> jobs, IEnumerable<KeyValuePair<RequestId, ulong>> done, ulong lastToken, MempoolLimits limits)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        ArgumentNullException.ThrowIfNull(done);
        ArgumentNullException.ThrowIfNull(limits);
        LastToken = lastToken;
        foreach (var (request, job) in jobs.OrderBy(static entry => entry.Value.SubmittedAt).ThenBy(static entry => entry.Key.Value))
        {
            Add(request, job, limits);
        }

        foreach (var (request, until) in done.OrderBy(static entry => entry.Value).ThenBy(static entry => entry.Key.Value))
        {
            Done.Add(request, until, 0, limits.MaxRemembered);
        }
    }

    /// <summary>Every job by its id, in the order of ids: for tests, and for whoever looks at all of them.</summary>
    public IEnumerable<KeyValuePair<RequestId, Job>> Jobs =>
        _jobs.Values.OrderBy(static entry => entry.Request.Value).Select(static entry => KeyValuePair.Create(entry.Request, entry.Job));

    /// <summary>The finished jobs that are remembered and when they will be forgotten, unix milliseconds; the one that goes first, first.</summary>
    public IEnumerable<KeyValuePair<RequestId, ulong>> Remembered => Done.All;

    /// <summary>Requests that the nodes could start now, released ones not counted.</summary>
    public uint FreeSlots { get; internal set; }

    /// <summary>The last lease token; tokens rise over the pool's whole life.</summary>
    public ulong LastToken { get; internal set; }

    /// <summary>Unix milliseconds: the work queue failed, and nothing is released before.</summary>
    public ulong PausedUntil { get; internal set; }

    /// <summary>Jobs that are not dead.</summary>
    public int Living => _jobs.Count - Count(JobPhase.Dead);

    /// <summary>What the living jobs take, bytes.</summary>
    public ulong Bytes { get; private set; }

    /// <summary>Unix milliseconds: since when the oldest job waits that may be handed out; null when none does.</summary>
    public ulong? WaitingSince => Ready.Oldest?.Job.SubmittedAt;

    internal DoneJobs Done { get; } = new();

    internal ReadyJobs Ready { get; } = new();

    internal JobHeap<ByDue> Due { get; } = new();

    internal JobHeap<ByWorth> Waiting { get; } = new();

    /// <summary>Failed releases in a row.</summary>
    internal int Failures { get; set; }

    /// <summary>Whether the nodes' room was ever told: where it was not, nodes pull by themselves.</summary>
    internal bool IsRoomTold { get; set; }

    /// <summary>How many jobs are in a phase.</summary>
    public int Count(JobPhase phase) => _counts[(int)phase];

    /// <summary>The job as it stands; null when it is not in the pool.</summary>
    public Job? Find(RequestId request) => _jobs.TryGetValue(request.Value, out var entry) ? entry.Job : null;

    /// <summary>How many living jobs a payer has.</summary>
    public int LivingOf(Address payer) => _payers.TryGetValue(payer, out var account) ? account.Living : 0;

    internal bool TryGet(RequestId request, [MaybeNullWhen(false)] out JobEntry entry) => _jobs.TryGetValue(request.Value, out entry);

    internal void Add(RequestId request, Job job, MempoolLimits limits)
    {
        var entry = new JobEntry(request, job, _payers.TryGetValue(job.Payer, out var known) ? known : new PayerAccount());
        _jobs.Add(request.Value, entry);
        Enter(entry, limits);
        entry.Due = DueOf(job, isReady: entry.Line is not null, limits);
        Due.Add(entry);
    }

    /// <summary>Puts another state of the job in the place of its last one.</summary>
    internal void Set(JobEntry entry, Job job, MempoolLimits limits)
    {
        Exit(entry, limits);
        entry.Job = job;
        Enter(entry, limits);
        entry.Due = DueOf(job, isReady: entry.Line is not null, limits);
        Due.Moved(entry);
    }

    /// <summary>The job's pause is over.</summary>
    internal void MakeReady(JobEntry entry, MempoolLimits limits)
    {
        Ready.Add(entry);
        entry.Due = DueOf(entry.Job, isReady: true, limits);
        Due.Moved(entry);
    }

    internal void Remove(JobEntry entry, MempoolLimits limits)
    {
        Exit(entry, limits);
        Due.Remove(entry);
        _jobs.Remove(entry.Request.Value);
    }

    internal static ulong SizeOf(Job job, MempoolLimits limits) => job.Bytes + limits.BytesBeside;

    private void Enter(JobEntry entry, MempoolLimits limits)
    {
        var job = entry.Job;
        _counts[(int)job.Phase]++;
        if (job.Phase == JobPhase.Dead)
        {
            return;
        }

        Bytes += SizeOf(job, limits);
        if (entry.Account.Living++ == 0)
        {
            _payers[job.Payer] = entry.Account;
        }

        if (job.Phase == JobPhase.Waiting)
        {
            Waiting.Add(entry);
            // It was never handed out; after a pause its time makes it ready.
            if (job.Until <= job.SubmittedAt)
            {
                Ready.Add(entry);
            }
        }
    }

    private void Exit(JobEntry entry, MempoolLimits limits)
    {
        var job = entry.Job;
        _counts[(int)job.Phase]--;
        if (job.Phase == JobPhase.Dead)
        {
            return;
        }

        Bytes -= SizeOf(job, limits);
        if (--entry.Account.Living == 0)
        {
            _payers.Remove(job.Payer);
        }

        Waiting.Remove(entry);
        Ready.Remove(entry);
    }

    private static ulong DueOf(Job job, bool isReady, MempoolLimits limits) => job.Phase switch
    {
        JobPhase.Waiting => isReady ? job.Deadline : Math.Min(job.Until, job.Deadline),
        JobPhase.Dead => job.Until + limits.BuryAgainMilliseconds,
        _ => job.Until,
    };
}
