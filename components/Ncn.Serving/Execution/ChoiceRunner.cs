using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Execution;

/// <summary>Runs the choices of a request side by side and yields their parts as they come.</summary>
/// <remarks>
/// A choice that finds no room begins when another of its request has ended; the node may call itself busy for a moment more, so the last ones ask again
/// a little later. Where none has ended and none is left that could make room, the request fails as a whole.
/// </remarks>
public sealed class ChoiceRunner(DirectRunner runner)
{
    // A slow reader holds the nodes' streams back rather than filling memory.
    private const int MostWaiting = 64;

    // A choice has 256 numbers for its attempts, and a node takes each of them once.
    private const uint AttemptsPerTry = 16;
    private const uint MostTries = 16;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

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
        var room = new Room(plans.Count);
        var runs = Task.WhenAll(plans.Select(plan => PumpAsync(plan, nodeCeiling, parts.Writer, room, ending, unread.Token)));
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
        RunPlan plan, TokenAmount nodeCeiling, ChannelWriter<RunPart> parts, Room room, CancellationTokenSource ending, CancellationToken unread)
    {
        try
        {
            for (var tries = 0u; !await TryAsync(plan with { FirstAttempt = plan.FirstAttempt + (tries * AttemptsPerTry) }, nodeCeiling, parts, room, tries, ending, unread); tries++)
            {
            }
        }
        catch
        {
            await ending.CancelAsync();
            throw;
        }
    }

    // False when it found no room, and another choice has ended.
    private async Task<bool> TryAsync(
        RunPlan plan, TokenAmount nodeCeiling, ChannelWriter<RunPart> parts, Room room, uint tries, CancellationTokenSource ending, CancellationToken unread)
    {
        var isSeen = false;
        try
        {
            await foreach (var part in runner.RunAsync(plan, nodeCeiling, ending.Token))
            {
                isSeen = true;
                await parts.WriteAsync(part, unread);
            }
        }
        catch (ApiException full) when (full.Error.Code == ApiError.NoCapacity && !isSeen && tries + 1 < MostTries)
        {
            if ((room.Wait() ?? (room.HasEnded ? Task.Delay(Pause, ending.Token) : null)) is not { } freed)
            {
                throw;
            }

            await freed.WaitAsync(ending.Token);
            room.Enter();
            return false;
        }

        room.Leave();
        return true;
    }

    // The reader gets what the choice threw that failed first, not what its failure did to the others.
    private static async Task EndAsync(Task runs, ChannelWriter<RunPart> parts)
    {
        await runs.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        IEnumerable<Exception> failures = runs.Exception?.InnerExceptions ?? Enumerable.Empty<Exception>();
        parts.TryComplete(failures.MinBy(static failure => failure is OperationCanceledException) ?? (runs.IsCanceled ? new OperationCanceledException() : null));
    }

    // How many choices run, and who waits for one of them to end.
    private sealed class Room(int choices)
    {
        private readonly Lock _turn = new();
        private TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _running = choices;
        private bool _hasEnded;

        /// <summary>A choice has ended: there was room, and there will be again.</summary>
        public bool HasEnded
        {
            get
            {
                lock (_turn)
                {
                    return _hasEnded;
                }
            }
        }

        public void Enter()
        {
            lock (_turn)
            {
                _running++;
            }
        }

        // Null when no other one runs.
        public Task? Wait()
        {
            lock (_turn)
            {
                return --_running == 0 ? null : _freed.Task;
            }
        }

        public void Leave()
        {
            lock (_turn)
            {
                (_running, _hasEnded) = (_running - 1, true);
                _freed.TrySetResult();
                _freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
