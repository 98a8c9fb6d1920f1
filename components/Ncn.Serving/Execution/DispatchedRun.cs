using Microsoft.Extensions.Logging;
using Ncn.Coordination.Dispatch;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;
using Ncn.Serving.Routing;

namespace Ncn.Serving.Execution;

/// <summary>What every run needs.</summary>
public sealed record RunDesk(RoutingTable Routing, DispatchDesk Dispatch, AttemptRunner Attempts, NodeWallet Wallet, TimeProvider Time, ILogger<RunDesk> Log);

/// <summary>One run of a plan: tells the dispatcher what happens to its attempts, and does what the dispatcher says.</summary>
internal sealed class DispatchedRun(RunPlan plan, RunDesk desk, CancellationToken stop) : IAsyncDisposable
{
    private readonly ulong _run = desk.Dispatch.NextRun();
    private readonly RunProgress _progress = new();
    private readonly List<RunningAttempt> _running = [];
    private RunningAttempt? _followed;
    private ulong? _wake;

    /// <summary>The part that <see cref="NextAsync"/> found.</summary>
    public RunPart Current { get; private set; } = null!;

    public void Begin(TokenAmount nodeCeiling) =>
        Carry(new DispatchInput.Arrive(desk.Dispatch.Now, _run, RunQueries.Of(plan, nodeCeiling), DispatchDesk.Draw()));

    /// <summary>Waits for the next part, whoever delivers it. Throws <see cref="ApiException"/> when nobody does any more.</summary>
    public async ValueTask NextAsync()
    {
        while (true)
        {
            var attempt = _followed ?? await FirstAsync();
            if (attempt is null)
            {
                await LookAgainAsync();
                _wake = null;
                Carry(new DispatchInput.Tick(desk.Dispatch.Now, _run, DispatchDesk.Draw()));
            }
            else if (await MovedAsync(attempt) && Take(attempt))
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Current is not RunPart.Finished)
        {
            desk.Dispatch.Apply(new DispatchInput.Abandon(desk.Dispatch.Now, _run));
        }

        foreach (var attempt in _running)
        {
            if (attempt.First is null)
            {
                await attempt.EndAsync();
            }
            else
            {
                EndInBackground(attempt);
            }
        }
    }

    // The attempt that has something to say, or null when it is time to look again.
    private async ValueTask<RunningAttempt?> FirstAsync()
    {
        if (_running.Count == 1)
        {
            return await FirstAsync(_running[0]);
        }

        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_running.Count == 0 ? stop : CancellationToken.None);
        var time = _wake is { } at ? Task.Delay(TimeSpan.FromMilliseconds(at - Math.Min(at, desk.Dispatch.Now)), desk.Time, waiting.Token) : null;
        var tasks = new List<Task>(_running.Count + 1);
        tasks.AddRange(_running.Select(static attempt => attempt.First!));
        tasks.AddRange(time is null ? [] : [time]);
        var first = await Task.WhenAny(tasks);
        await waiting.CancelAsync();
        if (_running.Count == 0)
        {
            stop.ThrowIfCancellationRequested();
        }

        return _running.Find(attempt => attempt.First == first);
    }

    // A run without a node waits for one that comes back, and nobody else may be asking who is there.
    private async Task LookAgainAsync()
    {
        if (_running.Count == 0)
        {
            await desk.Routing.GetAsync(stop).AsTask().WaitAsync(stop);
        }
    }

    // One attempt alone, and perhaps a time at which another is to join it.
    private async ValueTask<RunningAttempt?> FirstAsync(RunningAttempt only)
    {
        if (_wake is not { } at || only.First is not { IsCompleted: false } first)
        {
            return only;
        }

        var patience = TimeSpan.FromMilliseconds(at - Math.Min(at, desk.Dispatch.Now));
        await ((Task)first).WaitAsync(patience, desk.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return first.IsCompleted ? only : null;
    }

    // False when the attempt failed; what follows from that has begun.
    private async ValueTask<bool> MovedAsync(RunningAttempt attempt)
    {
        try
        {
            return await attempt.NextAsync();
        }
        catch (AttemptFailedException) when (stop.IsCancellationRequested)
        {
            // The client went away and the call was cut: nobody failed, and nobody waits for another node.
            throw new OperationCanceledException(stop);
        }
        catch (AttemptFailedException failure)
        {
            await FailAsync(attempt, failure);
            return false;
        }
    }

    // False when another attempt was faster.
    private bool Take(RunningAttempt attempt)
    {
        if (_followed is null)
        {
            Carry(new DispatchInput.Output(desk.Dispatch.Now, _run, attempt.Number));
        }

        if (_followed != attempt)
        {
            return false;
        }

        Current = attempt.Current;
        _progress.Take(Current);
        if (Current is RunPart.Finished end)
        {
            Carry(new DispatchInput.Finish(desk.Dispatch.Now, _run, attempt.Number, end.Service.Measured.Tokens, end.Service.Measured.GenerationMilliseconds));
        }

        return true;
    }

    private async Task FailAsync(RunningAttempt attempt, AttemptFailedException failure)
    {
        desk.Log.LogWarning("Node {Node} failed an attempt: {Reason}", attempt.Node, failure.Message);
        if (!failure.NodeIsToBlame)
        {
            throw new ApiException(ApiError.BadRequest(failure.Code, $"The model refused the input: {failure.Message}"));
        }

        _progress.LastProblem = failure.Message;
        _followed = _followed == attempt ? null : _followed;
        _running.Remove(attempt);
        await attempt.EndAsync();
        var kind = await JudgeAsync(failure);
        Carry(new DispatchInput.Fail(desk.Dispatch.Now, _run, attempt.Number, kind, DispatchDesk.Draw()));
    }

    private async Task<DispatchFailure> JudgeAsync(AttemptFailedException failure) =>
        NodeProofs.Read(failure.ProvenReceiptJson) is { } proof && await desk.Wallet.RecognizeAsync(proof) ? DispatchFailure.Unsettled
        : failure.IsBusy || failure.ProvenReceiptJson is not null ? DispatchFailure.Busy
        : failure.IsFalse ? DispatchFailure.False : DispatchFailure.Died;

    private void Carry(DispatchInput input)
    {
        foreach (var output in desk.Dispatch.Apply(input))
        {
            switch (output)
            {
                case DispatchOutput.Start start:
                    Start(start);
                    break;
                case DispatchOutput.Follow follow:
                    (_followed, _wake) = (_running.Find(attempt => attempt.Number == follow.Number), null);
                    break;
                case DispatchOutput.Stop beaten:
                    Stop(beaten.Number);
                    break;
                case DispatchOutput.Wake wake:
                    _wake = wake.At;
                    break;
                case DispatchOutput.GiveUp given:
                    throw new ApiException(RunErrors.Of(plan, given.Reason, _progress.LastProblem));
                default:
                    throw new InvalidOperationException($"The dispatcher asked for {output.GetType().Name}.");
            }
        }
    }

    private void Start(DispatchOutput.Start start)
    {
        var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var parts = desk.Attempts.RunAsync(plan, start, [.. _progress.Tokens], stopping.Token).GetAsyncEnumerator(CancellationToken.None);
        _running.Add(new RunningAttempt(start.Number, start.Node.Operator, parts, stopping));
    }

    private void Stop(uint number)
    {
        if (_running.Find(attempt => attempt.Number == number) is { } beaten)
        {
            _running.Remove(beaten);
            EndInBackground(beaten);
        }
    }

    // Its failure is logged, and the client waits for nothing of it.
    private void EndInBackground(RunningAttempt attempt) => _ = Task.Run(() => attempt.BeatAsync(desk.Log));
}
