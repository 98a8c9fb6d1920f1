namespace Ncn.ComputeWorker;

/// <summary>What this process did since it started.</summary>
internal sealed class NodeCounters
{
    private long _completed;

    /// <summary>Jobs that ended with a receipt.</summary>
    public long Completed => Interlocked.Read(ref _completed);

    public void Complete() => Interlocked.Increment(ref _completed);
}
