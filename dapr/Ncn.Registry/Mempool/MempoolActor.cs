using Dapr;
using Dapr.Actors.Runtime;
using Dapr.Client;
using Ncn.Actors;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;
using Ncn.Registry.Hosting;
using Ncn.Registry.Requests;

namespace Ncn.Registry.Mempool;

/// <summary>Holds <see cref="MempoolState"/> of one subnet and what each job carries.</summary>
/// <remarks>
/// One turn: (1) load, (2) apply, (3) set the wake-up, (4) commit in one transaction, (5) carry out the outputs. A crash between 4 and 5
/// is made good by a lease that expires, or by a dead job that is told again: both at the wake-up of step 3.
/// </remarks>
[Actor(TypeName = ActorTypes.Mempool)]
internal sealed class MempoolActor(ActorHost host, TimeProvider time, MempoolLimits limits, WorkQueue queue, DaprClient dapr)
    : Actor(host), IMempoolActor, IRemindable
{
    private const string WakeReminder = "wake";
    private const int SendsAtOnce = 32;
    private static readonly TimeSpan Once = TimeSpan.FromMilliseconds(-1);
    private readonly SubnetId _subnet = new(uint.Parse(host.Id.GetId(), System.Globalization.CultureInfo.InvariantCulture));
    private MempoolState? _state;
    private ulong? _wakeAt;

    public async Task<SubmitResult> SubmitAsync(QueuedJob job)
    {
        if (QueuedJobRules.Problem(job, _subnet) is { } problem)
        {
            return new SubmitResult(false, problem);
        }

        var isNew = !(await LoadAsync()).Jobs.ContainsKey(job.RequestId.Value);
        var input = new MempoolInput.Submit(time.NowMilliseconds(), job.RequestId, job.Fee, job.SubmittedAt, job.Deadline);
        var outcome = await TurnAsync(input, isNew ? job : null);
        return new SubmitResult(outcome is MempoolOutcome.Accepted or MempoolOutcome.Repeated, MempoolAnswers.ReasonOf(outcome));
    }

    public async Task<AcceptResult> AcceptAsync(JobAccept accept)
    {
        ArgumentNullException.ThrowIfNull(accept);
        var outcome = await TurnAsync(new MempoolInput.Accept(time.NowMilliseconds(), accept.RequestId, accept.LeaseToken, accept.Node));
        var job = outcome == MempoolOutcome.Accepted ? await MempoolStore.ReadJobAsync(StateManager, accept.RequestId) : null;
        return new AcceptResult(job is not null, MempoolAnswers.ReasonOf(outcome), job);
    }

    public Task CompleteAsync(RequestId requestId) => TurnAsync(new MempoolInput.Complete(time.NowMilliseconds(), requestId));

    public async Task<bool> CancelAsync(RequestId requestId) =>
        await TurnAsync(new MempoolInput.Cancel(time.NowMilliseconds(), requestId)) == MempoolOutcome.Accepted;

    public Task SetFreeSlotsAsync(uint freeSlots) => TurnAsync(new MempoolInput.SetFreeSlots(time.NowMilliseconds(), freeSlots));

    public async Task<MempoolView> GetAsync()
    {
        var state = await LoadAsync();
        return new MempoolView(state.Count(JobPhase.Waiting), state.Count(JobPhase.Released) + state.Count(JobPhase.Running), state.FreeSlots);
    }

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        _wakeAt = null;
        return TurnAsync(new MempoolInput.Tick(time.NowMilliseconds()));
    }

    // Whether a failed save was done or not is known to the store alone: the next turn asks it, and sets its wake-up anew.
    protected override Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e)
    {
        (_state, _wakeAt) = (null, null);
        return Task.CompletedTask;
    }

    private async ValueTask<MempoolState> LoadAsync() => _state ??= await MempoolStore.LoadAsync(StateManager);

    private async Task<MempoolOutcome> TurnAsync(MempoolInput input, QueuedJob? submitted = null)
    {
        var state = await LoadAsync();
        var (next, outputs) = JobPool.Apply(state, input, limits);
        await StageAsync(state, next, outputs, submitted);
        await WakeAsync(next, input.Now);
        await SaveStateAsync();
        _state = next;
        await CarryOutAsync(outputs);
        return outputs.OfType<MempoolOutput.Reply>().Select(static reply => reply.Outcome).FirstOrDefault();
    }

    private async Task StageAsync(MempoolState before, MempoolState after, IReadOnlyList<MempoolOutput> outputs, QueuedJob? submitted)
    {
        await MempoolStore.StageAsync(StateManager, before, after);
        if (submitted is not null && after.Jobs.ContainsKey(submitted.RequestId.Value))
        {
            await MempoolStore.StageJobAsync(StateManager, submitted);
        }

        foreach (var forgotten in outputs.OfType<MempoolOutput.Forget>())
        {
            await MempoolStore.StageRemovalAsync(StateManager, forgotten.Request);
        }
    }

    private async Task WakeAsync(MempoolState next, ulong now)
    {
        if (JobPool.NextWake(next, limits) is not { } wanted || (_wakeAt is { } set && set <= wanted && set > now))
        {
            return;
        }

        await RegisterReminderAsync(WakeReminder, [], TimeSpan.FromMilliseconds(wanted > now ? wanted - now : 0), Once);
        _wakeAt = wanted;
    }

    private async Task CarryOutAsync(IReadOnlyList<MempoolOutput> outputs)
    {
        foreach (var group in outputs.OfType<MempoolOutput.Release>().Chunk(SendsAtOnce))
        {
            await ReleaseAsync(group);
        }

        foreach (var bury in outputs.OfType<MempoolOutput.Bury>())
        {
            await BuryAsync(bury);
        }
    }

    private async Task ReleaseAsync(MempoolOutput.Release[] releases)
    {
        var sends = new List<Task<bool>>(releases.Length);
        foreach (var release in releases)
        {
            // The state manager knows one caller at a time; only the sends run side by side.
            var job = await MempoolStore.ReadJobAsync(StateManager, release.Request);
            sends.Add(SendAsync(job, release.Token));
        }

        var sent = await Task.WhenAll(sends);
        foreach (var (failed, _) in releases.Zip(sent).Where(static pair => !pair.Second))
        {
            await TurnAsync(new MempoolInput.ReleaseFailed(time.NowMilliseconds(), failed.Request, failed.Token));
        }
    }

    private async Task<bool> SendAsync(QueuedJob job, ulong token)
    {
        try
        {
            await queue.SendAsync(job.SubnetName, new WorkMessage(job.RequestId, token, job.GatewayUrl, job.Model));
            return true;
        }
        catch (DaprException failure)
        {
            Logger.LogWarning("The work queue of subnet {Subnet} did not take request {Request}; it is tried again: {Reason}", _subnet, job.RequestId, failure.InnerException?.Message ?? failure.Message);
            return false;
        }
    }

    private async Task BuryAsync(MempoolOutput.Bury bury)
    {
        try
        {
            await dapr.PublishEventAsync(Topics.PubSub, Topics.Results, new JobGivenUp(bury.Request, bury.Death));
        }
        catch (DaprException failure)
        {
            Logger.LogWarning("Request {Request} was given up and its gateway could not be told; it is told again: {Reason}", bury.Request, failure.InnerException?.Message ?? failure.Message);
            return;
        }

        await TurnAsync(new MempoolInput.Buried(time.NowMilliseconds(), bury.Request));
    }
}
