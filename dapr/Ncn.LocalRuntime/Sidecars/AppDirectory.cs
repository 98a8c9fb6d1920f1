namespace Ncn.LocalRuntime.Sidecars;

/// <summary>Which app instances there are and which of them answer now.</summary>
internal sealed class AppDirectory(IReadOnlyList<AppInstance> all)
{
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<AppInstance> All { get; } = all;

    public event Action<AppInstance>? Arrived;

    public event Action<AppInstance>? Left;

    public IReadOnlyList<AppInstance> ReadyInstances(string appId) => [.. All.Where(app => app.AppId == appId && app.Presence is not null)];

    public IReadOnlyList<AppInstance> HostsOf(string actorType) => [.. All.Where(app => app.Presence?.Actors.Hosts(actorType) == true)];

    public void Announce(AppInstance app)
    {
        Arrived?.Invoke(app);
        SignalChange();
    }

    public void Remove(AppInstance app)
    {
        app.Leave();
        Left?.Invoke(app);
        SignalChange();
    }

    /// <summary>Waits until the condition holds after some arrival or departure; false when the time is over.</summary>
    public async Task<bool> WaitAsync(Func<bool> condition, TimeSpan limit, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limit);
        while (true)
        {
            Task next;
            lock (gate)
            {
                next = changed.Task;
            }

            if (condition())
            {
                return true;
            }

            try
            {
                await next.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return condition();
            }
        }
    }

    private void SignalChange()
    {
        lock (gate)
        {
            changed.SetResult();
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
