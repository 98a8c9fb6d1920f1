using Ncn.Coordination.Admission;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Fairness;

/// <summary>The queue before the nodes of one model: keeps the pure core's state, and those who wait.</summary>
internal sealed class FairLine : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, TaskCompletionSource> _waiting = [];
    private readonly string _model;
    private readonly FairQueueLimits _limits;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private FairQueueState _state = FairQueueState.Empty(0);

    public FairLine(string model, FairQueueLimits limits, TimeProvider time)
    {
        (_model, _limits, _time) = (model, limits, time);
        _timer = time.CreateTimer(static line => ((FairLine)line!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What runs and what waits now.</summary>
    public (int Slots, int Waiting) Load
    {
        get
        {
            lock (_gate)
            {
                return (_state.Slots, _state.Waiting);
            }
        }
    }

    /// <summary>Completes when the applicant's turn has come; throws <see cref="ApiException"/> when it is sent away.</summary>
    /// <param name="places">Those of the nodes that the applicant could run on, and what overflows.</param>
    /// <param name="isAll">Whether these are all of the model's places; of an applicant for one node there are at least these.</param>
    /// <returns>How many requests its payer has running or waiting now.</returns>
    public async ValueTask<int> EnterAsync(Applicant applicant, int places, bool isAll, CancellationToken gone)
    {
        Task turn;
        int count;
        lock (_gate)
        {
            if (isAll ? places != _state.Capacity : places > _state.Capacity)
            {
                Step(new FairQueueInput.SetCapacity(applicant.ArrivedAt, places), own: null);
            }

            var decided = Step(new FairQueueInput.Arrive(applicant.ArrivedAt, applicant), applicant);
            count = _state.CountOf(applicant.Payer);
            if (decided is not null)
            {
                return decided is FairQueueOutput.Shed shed ? throw new ApiException(Refusal(shed)) : count;
            }

            turn = (_waiting[applicant.Id] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        await using var leaving = gone.UnsafeRegister(_ => Leave(applicant, gone), null);
        await turn;
        return count;
    }

    /// <summary>An applicant that was let in has ended.</summary>
    public void End(Applicant applicant)
    {
        lock (_gate)
        {
            Step(new FairQueueInput.End(Now(), applicant), own: null);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Leave(Applicant applicant, CancellationToken gone)
    {
        lock (_gate)
        {
            if (_waiting.Remove(applicant.Id, out var turn))
            {
                Step(new FairQueueInput.Leave(Now(), applicant), own: null);
                turn.TrySetCanceled(gone);
            }
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            Step(new FairQueueInput.Tick(Now()), own: null);
        }
    }

    // What was decided about the caller's own applicant is returned, all else is told to those who wait.
    private FairQueueOutput? Step(FairQueueInput input, Applicant? own)
    {
        (_state, var outputs) = FairAdmission.Apply(_state, input, _limits);
        FairQueueOutput? decided = null;
        foreach (var output in outputs)
        {
            if (ReferenceEquals(output.Applicant, own))
            {
                decided = output;
            }
            else if (_waiting.Remove(output.Applicant.Id, out var turn))
            {
                _ = output is FairQueueOutput.Shed shed ? turn.TrySetException(new ApiException(Refusal(shed))) : turn.TrySetResult();
            }
        }

        SetTimer();
        return decided;
    }

    private void SetTimer()
    {
        if (FairAdmission.NextWake(_state) is { } wake)
        {
            var now = Now();
            _timer.Change(TimeSpan.FromMilliseconds(wake > now ? wake - now : 1), Timeout.InfiniteTimeSpan);
        }
    }

    private ApiError Refusal(FairQueueOutput.Shed shed) => shed.Reason switch
    {
        ShedReason.PayerFull => new ApiError(
            429, "rate_limit_exceeded", $"{_limits.MaxWaitingPerPayer} of your requests wait for {_model} already, as many as one payer may have; wait for answers and repeat this one.")
        { RetryAfterSeconds = shed.RetryAfterSeconds },
        ShedReason.QueueFull => new ApiError(
            503, ApiError.Overloaded, $"More requests wait for {_model} than the gateway takes; repeat this one in a moment.")
        { RetryAfterSeconds = shed.RetryAfterSeconds },
        _ => new ApiError(
            503, ApiError.Overloaded, $"The request waited for {_model} as long as it may, and nothing was charged; repeat it in a moment.")
        { RetryAfterSeconds = shed.RetryAfterSeconds },
    };

    private ulong Now() => (ulong)_time.GetUtcNow().ToUnixTimeMilliseconds();
}
