using Microsoft.Extensions.Options;

namespace Ncn.ComputeWorker.Operator;

/// <summary>Before anything else starts: says what containment lacks, and ends the process when it is required.</summary>
internal sealed class ContainmentCheck(IOptions<WorkerOptions> options, ILogger<ContainmentCheck> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<string> gaps = Containment.Gaps(Containment.Read());
        if (gaps.Count == 0)
        {
            logger.LogInformation("This process is contained.");
            return Task.CompletedTask;
        }

        string words = $"This process is not contained: {string.Join("; ", gaps)}.";
        if (options.Value.Containment == "required")
        {
            throw new InvalidOperationException($"{words} Run it by the image's manifests, or set Ncn:Worker:Containment to reported.");
        }

        logger.LogInformation("{Words}", words);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
