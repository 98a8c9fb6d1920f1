using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Coordination.Requests;
using Ncn.Registry.Hosting;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Requests;

/// <summary>Holds <see cref="RequestState"/> of one request, its input while it is queued, and its answer until it is forgotten.</summary>
[Actor(TypeName = ActorTypes.Request)]
internal sealed class RequestActor(ActorHost host, TimeProvider time)
    : StoredActor<RequestState>(host, Schema), IRequestActor, IRemindable
{
    private const string RequestKey = "request";
    private const string QueuedKey = "queued";
    private const string AnswerKey = "answer";
    private const string ForgetReminder = "forget";
    private static readonly TimeSpan Once = TimeSpan.FromMilliseconds(-1);
    private static readonly StateSchema Schema = new(ActorTypes.Request);

    public async Task<BeginResult> BeginAsync(BeginCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var input = new RequestInput.Begin(time.NowMilliseconds(), call.Fingerprint, call.LeaseMilliseconds, call.Queued is not null);
        var outputs = await TurnAsync(input, call.Queued, null);
        foreach (var output in outputs)
        {
            switch (output)
            {
                case RequestOutput.Start:
                    return new BeginResult(BeginOutcome.Started, null) { BegunAt = input.Now };
                case RequestOutput.TellInProgress:
                    return new BeginResult(BeginOutcome.InProgress, null);
                case RequestOutput.TellConflict:
                    return new BeginResult(BeginOutcome.Conflict, null);
                case RequestOutput.GiveAnswer:
                    return new BeginResult(BeginOutcome.Completed, await StateManager.GetStateAsync<StoredAnswer>(AnswerKey));
                default:
                    continue;
            }
        }

        throw new InvalidOperationException("A begin was not answered by the request's core.");
    }

    public async Task<bool> CompleteAsync(StoredAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var isSuccess = answer.StatusCode is >= 200 and < 300;
        var outputs = await TurnAsync(new RequestInput.Complete(time.NowMilliseconds(), isSuccess), null, answer);
        return outputs.Any(static output => output is RequestOutput.KeepAnswer);
    }

    public async Task<bool> KeepAsync(KeepCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var isSuccess = call.Answer.StatusCode is >= 200 and < 300;
        var outputs = await TurnAsync(new RequestInput.Keep(time.NowMilliseconds(), call.Fingerprint, isSuccess), null, call.Answer);
        return outputs.Any(static output => output is RequestOutput.KeepAnswer);
    }

    public async Task<bool> AbandonAsync(ulong begunAt)
    {
        var outputs = await TurnAsync(new RequestInput.Abandon(time.NowMilliseconds(), begunAt), null, null);
        return !outputs.Any(static output => output is RequestOutput.Ignore);
    }

    public async Task<RequestView?> GetAsync()
    {
        var state = await LoadAsync();
        if (state.Phase == RequestPhase.None || state.ForgetAt <= time.NowMilliseconds())
        {
            return null;
        }

        var queued = await StateManager.TryGetStateAsync<QueuedRequest>(QueuedKey);
        var answer = await StateManager.TryGetStateAsync<StoredAnswer>(AnswerKey);
        return new RequestView(state.Fingerprint, state.BegunAt, queued.HasValue ? queued.Value : null, answer.HasValue ? answer.Value : null);
    }

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) =>
        TurnAsync(new RequestInput.Tick(time.NowMilliseconds()), null, null);

    protected override async Task<RequestState> ReadAsync()
    {
        var found = await StateManager.TryGetStateAsync<RequestState>(RequestKey);
        return found.HasValue ? found.Value : RequestState.Empty;
    }

    private async Task<IReadOnlyList<RequestOutput>> TurnAsync(RequestInput input, QueuedRequest? queued, StoredAnswer? answer)
    {
        var before = await LoadAsync();
        var (after, outputs) = RequestLedger.Apply(before, input, IRequestActor.RetentionMilliseconds);
        foreach (var output in outputs)
        {
            await StageAsync(output, input.Now, queued, answer);
        }

        if (before != after && after.Phase != RequestPhase.None)
        {
            await StateManager.SetStateAsync(RequestKey, after);
        }

        await CommitAsync(after);
        return outputs;
    }

    private async Task StageAsync(RequestOutput output, ulong now, QueuedRequest? queued, StoredAnswer? answer)
    {
        switch (output)
        {
            case RequestOutput.Start when queued is not null:
                await StateManager.SetStateAsync(QueuedKey, queued);
                break;
            case RequestOutput.KeepAnswer:
                await StateManager.SetStateAsync(AnswerKey, answer!);
                break;
            case RequestOutput.Forget:
                await ForgetAsync();
                break;
            case RequestOutput.WakeAt wake:
                // Before the commit: a reminder without a request wakes nobody, a request without a reminder stays for ever.
                await RegisterReminderAsync(ForgetReminder, [], TimeSpan.FromMilliseconds(wake.Time > now ? wake.Time - now : 0), Once);
                break;
            default:
                break;
        }
    }

    private async Task ForgetAsync()
    {
        await StateManager.TryRemoveStateAsync(RequestKey);
        await StateManager.TryRemoveStateAsync(QueuedKey);
        await StateManager.TryRemoveStateAsync(AnswerKey);
    }
}
