using System.ComponentModel;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>Keeps one command running: when it ends it is started again, slower each time, and given up after ten quick ends in a row.</summary>
internal sealed class SupervisedProcess(ChildSpec spec, string logDirectory) : IAsyncDisposable
{
    private const int MostQuickEnds = 10;
    private static readonly TimeSpan QuickEnd = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);
    private readonly LogFile log = new(Path.Combine(logDirectory, spec.Name + ".log"));
    private readonly CancellationTokenSource stopping = new();
    private volatile ChildProcess? current;
    private Task running = Task.CompletedTask;

    public string Name => spec.Name;

    public ChildProcess? Current => current;

    /// <summary>True when it ended too often and is not started again.</summary>
    public bool HasGivenUp { get; private set; }

    /// <summary>Called after each start; the token ends with that life of the process.</summary>
    public Func<CancellationToken, Task>? Started { get; set; }

    public Action? Ended { get; set; }

    public Func<Task>? BeforeStart { get; set; }

    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Stops the process for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        if (current is { } child)
        {
            await child.StopAsync(StopGrace);
        }

        await running;
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        for (var quickEnds = 0; quickEnds < MostQuickEnds && !stopping.IsCancellationRequested;)
        {
            var begun = DateTimeOffset.UtcNow;
            await LiveOnceAsync();
            quickEnds = DateTimeOffset.UtcNow - begun < QuickEnd ? quickEnds + 1 : 0;
            if (!stopping.IsCancellationRequested && quickEnds < MostQuickEnds)
            {
                await PauseAsync(TimeSpan.FromMilliseconds(Math.Min(100 << quickEnds, 5000)));
            }
        }

        if (!stopping.IsCancellationRequested)
        {
            HasGivenUp = true;
            Ended?.Invoke();
            RuntimeLog.Write(spec.Name, $"ended {MostQuickEnds} times within seconds and is not started again; its log is logs/{spec.Name}.log");
        }
    }

    private async Task LiveOnceAsync()
    {
        try
        {
            await (BeforeStart?.Invoke() ?? Task.CompletedTask);
            var child = await ChildProcess.StartAsync(spec, log.WriteLine);
            current = child;
            if (stopping.IsCancellationRequested)
            {
                await child.StopAsync(StopGrace);
                return;
            }

            RuntimeLog.Write(spec.Name, $"started as process {child.Id}");
            await AccompanyAsync(child);
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            RuntimeLog.Write(spec.Name, $"cannot be started: {error.Message}");
        }
    }

    private async Task AccompanyAsync(ChildProcess child)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        var company = Started?.Invoke(life.Token) ?? Task.CompletedTask;
        var exitCode = await child.WaitAsync();
        current = null;
        Ended?.Invoke();
        await life.CancelAsync();
        await company;
        RuntimeLog.Write(spec.Name, $"process {child.Id} ended with {exitCode}{(stopping.IsCancellationRequested ? "" : "; it is started again")}");
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped while waiting: the loop ends.
        }
    }
}
