using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Ncn.Protocol;

namespace Ncn.Serving.Execution;

/// <summary>Runs the choices of a request side by side and yields their parts as they come.</summary>
public sealed class ChoiceRunner(DirectRunner runner)
{
    // A slow reader holds the nodes' streams back rather than filling memory.
    private const int MostWaiting = 64;

    /// <summary>All parts of all choices. The first choice that fails ends the others, and its failure is thrown.</summary>
    public IAsyncEnumerable<RunPart> RunAsync(IReadOnlyList<RunPlan> plans, TokenAmount nodeCeiling, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plans);
        return plans.Count == 1 ? runner.RunAsync(plans[0], nodeCeiling, stop) : MergeAsync(plans, nodeCeiling, stop);
    }

    private async IAsyncEnumerable<RunPart> MergeAsync(
        IReadOnlyList<RunPlan> plans, TokenAmount nodeCeiling, [EnumeratorCancellation] CancellationToken stop)
    {
        var parts = Channel.CreateBounded<RunPart>(MostWaiting);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var unread = new CancellationTokenSource();
        var runs = Task.WhenAll(plans.Select(plan => PumpAsync(plan, nodeCeiling, parts.Writer, ending, unread.Token)));
        var ended = EndAsync(runs, parts.Writer);
        try
        {
            await foreach (var part in parts.Reader.ReadAllAsync(CancellationToken.None))
            {
                yield return part;
            }
        }
        finally
        {
            await unread.CancelAsync();
            await ending.CancelAsync();
            await ended;
        }
    }

    private async Task PumpAsync(
        RunPlan plan, TokenAmount nodeCeiling, ChannelWriter<RunPart> parts, CancellationTokenSource ending, CancellationToken unread)
    {
        try
        {
            await foreach (var part in runner.RunAsync(plan, nodeCeiling, ending.Token))
            {
                await parts.WriteAsync(part, unread);
            }
        }
        catch
        {
            await ending.CancelAsync();
            throw;
        }
    }

    // The reader gets what the choice threw that failed first, not what its failure did to the others.
    private static async Task EndAsync(Task runs, ChannelWriter<RunPart> parts)
    {
        await runs.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        IEnumerable<Exception> failures = runs.Exception?.InnerExceptions ?? Enumerable.Empty<Exception>();
        parts.TryComplete(failures.MinBy(static failure => failure is OperationCanceledException) ?? (runs.IsCanceled ? new OperationCanceledException() : null));
    }
}
