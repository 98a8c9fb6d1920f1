using Ncn.Protocol;

namespace Ncn.Validator.Duty;

/// <summary>What is done beside the looks because it takes its time.</summary>
/// <param name="IsList">A list is read and presented; otherwise something is judged.</param>
internal readonly record struct DutyName(bool IsList, Hash32 Subject);

/// <summary>
/// Runs what takes its time: so many at once, fewer of one gateway, and each no longer than it is owed. One look at a time uses it. At its end all are told to
/// stop and are waited for, so that what they use can go after them.
/// </summary>
internal sealed class DutyJobs(ILogger log) : IAsyncDisposable
{
    private const int Most = 8;
    private const int MostOfGateway = 4;
    private readonly Dictionary<DutyName, (Address Gateway, Task Task, CancellationTokenSource Stop)> _running = [];

    /// <summary>Ends what nobody owes any more, and forgets what is over.</summary>
    internal void Keep(IReadOnlySet<DutyName> owed)
    {
        foreach (var (name, job) in _running.ToArray())
        {
            if (job.Task.IsCompleted)
            {
                job.Stop.Dispose();
                _running.Remove(name);
            }
            else if (!owed.Contains(name))
            {
                job.Stop.Cancel();
            }
        }
    }

    /// <summary>Starts it, unless it runs or there is no room: then a later look does.</summary>
    internal void Start(DutyName name, Address gateway, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        if (_running.ContainsKey(name) || _running.Count >= Most || _running.Values.Count(job => job.Gateway == gateway) >= MostOfGateway)
        {
            return;
        }

        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _running[name] = (gateway, Task.Run(() => RunAsync(name, work, stop.Token), CancellationToken.None), stop);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var job in _running.Values)
        {
            await job.Stop.CancelAsync();
        }

        foreach (var job in _running.Values)
        {
            await job.Task;
            job.Stop.Dispose();
        }

        _running.Clear();
    }

    // Whatever a gateway or a worker answers, this validator goes on: a duty that cannot be done is silence, and never a verdict.
    private async Task RunAsync(DutyName name, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception silent) when (silent is HttpRequestException or OperationCanceledException)
        {
            log.LogDebug("The duty {Subject} waits: {Reason}", name.Subject, silent.Message);
        }
        catch (Exception failure)
        {
            log.LogError(failure, "The duty {Subject} cannot be done now; it is tried again while it is owed.", name.Subject);
        }
    }
}
