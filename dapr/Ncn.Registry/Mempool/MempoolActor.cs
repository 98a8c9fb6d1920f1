using System.Globalization;
using Dapr;
using Dapr.Actors.Runtime;
using Dapr.Client;
using Ncn.Actors;
using Ncn.Coordination.Mempool;
using Ncn.Protocol;
using Ncn.Registry.Hosting;
using Ncn.Registry.Requests;

namespace Ncn.Registry.Mempool;

/// <summary>Holds <see cref="MempoolState"/> of one pool and what each job carries.</summary>
/// <remarks>
/// One turn: (1) load, (2) apply all steps, (3) set the wake-up, (4) commit in one transaction, (5) carry out the outputs. A crash between
/// 4 and 5 is made good by a lease that expires, or by a dead job that is told again: both at the wake-up of step 3.
/// </remarks>
[Actor(TypeName = ActorTypes.Mempool)]
internal sealed class MempoolActor(ActorHost host, TimeProvider time, MempoolLimits limits, WorkQueue queue, DaprClient dapr, PoolGauges gauges,
    FirstSchema first) : Actor(host), IMempoolActor, IRemindable
{
    private const string WakeReminder = "wake";
    private const int SendsAtOnce = 32;

    // A pool that was told of its room within this time is on the subnet's list and is told again.
    private const ulong RoomLastsMilliseconds = 3_000;
    private static readonly TimeSpan Once = TimeSpan.FromMilliseconds(-1);
    private readonly SubnetId _subnet = new(uint.Parse(host.Id.GetId().Split('-')[0], CultureInfo.InvariantCulture));
    private MempoolStore? _store;
    private ulong? _wakeAt;
    private ulong _toldAt;

    public async Task<MempoolResult[]> ApplyAsync(MempoolStep[] steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps.Length, IMempoolActor.MaxSteps);
        var pool = await LoadAsync();
        var now = time.NowMilliseconds();
        var outputs = new List<MempoolOutput>();
        var results = new MempoolResult[steps.Length];
        for (var i = 0; i < steps.Length; i++)
        {
            results[i] = MempoolSteps.Problem(steps[i], _subnet, Id) is { } problem
                ? new MempoolResult(false, problem)
                : await ApplyAsync(pool, steps[i], now, outputs);
        }

        await CommitAsync(pool, outputs, now);
        await CarryOutAsync(pool, outputs);
        await WatchAsync(steps, now);
        return results;
    }

    public async Task<int> SetFreeSlotsAsync(uint freeSlots)
    {
        var pool = await LoadAsync();
        _toldAt = time.NowMilliseconds();
        await TurnAsync(pool, [new MempoolInput.SetFreeSlots(_toldAt, freeSlots)]);
        return pool.State.Living;
    }

    public async Task<MempoolView> GetAsync()
    {
        var state = (await LoadAsync()).State;
        return new MempoolView(state.Count(JobPhase.Waiting), state.Count(JobPhase.Released) + state.Count(JobPhase.Running), state.FreeSlots);
    }

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        if (FirstSchema.IsOf(Id))
        {
            await first.MoveAsync(StateManager);
            await SaveStateAsync();
            return;
        }

        _wakeAt = null;
        await TurnAsync(await LoadAsync(), [new MempoolInput.Tick(time.NowMilliseconds())]);
    }

    protected override Task OnDeactivateAsync()
    {
        gauges.Remove(Id.GetId());
        return Task.CompletedTask;
    }

    // Whether a failed save was done or not is known to the store alone: the next turn asks it, and sets its wake-up anew.
    protected override Task OnActorMethodFailedAsync(ActorMethodContext actorMethodContext, Exception e)
    {
        (_store, _wakeAt, _toldAt) = (null, null, 0);
        return Task.CompletedTask;
    }

    private async ValueTask<MempoolStore> LoadAsync()
    {
        if (_store is null)
        {
            _store = await MempoolStore.LoadAsync(StateManager, limits);
            if (_store.State.Jobs.Select(static entry => (RequestId?)entry.Key).FirstOrDefault() is { } any)
            {
                gauges.Name(Id.GetId(), _subnet, (await _store.ReadJobAsync(any)).Model);
            }
        }

        return _store;
    }

    private async Task<MempoolResult> ApplyAsync(MempoolStore pool, MempoolStep step, ulong now, List<MempoolOutput> outputs)
    {
        var (_, said) = JobPool.Apply(pool.State, MempoolSteps.ToInput(step, now), limits);
        outputs.AddRange(said);
        var outcome = said.OfType<MempoolOutput.Reply>().Single().Outcome;
        if (step.Submit is { } job && outcome == MempoolOutcome.Accepted)
        {
            gauges.Name(Id.GetId(), _subnet, job.Model);
            await pool.StageJobAsync(job);
        }

        return MempoolSteps.ResultOf(step, outcome, limits);
    }

    private async Task TurnAsync(MempoolStore pool, IReadOnlyList<MempoolInput> inputs)
    {
        var outputs = inputs.SelectMany(input => JobPool.Apply(pool.State, input, limits).Outputs).ToArray();
        await CommitAsync(pool, outputs, time.NowMilliseconds());
        await CarryOutAsync(pool, outputs);
    }

    private async Task CommitAsync(MempoolStore pool, IReadOnlyList<MempoolOutput> outputs, ulong now)
    {
        await pool.StageAsync(outputs, now);
        await WakeAsync(pool.State, now);
        await SaveStateAsync();
        gauges.Set(Id.GetId(), pool.State);
    }

    private async Task WakeAsync(MempoolState state, ulong now)
    {
        if (JobPool.NextWake(state) is not { } wanted || (_wakeAt is { } set && set <= wanted && set > now))
        {
            return;
        }

        await RegisterReminderAsync(WakeReminder, [], TimeSpan.FromMilliseconds(wanted > now ? wanted - now : 0), Once);
        _wakeAt = wanted;
    }

    // Who repeats a submission because this failed finds the job there, and gets here again.
    private async Task WatchAsync(MempoolStep[] steps, ulong now)
    {
        if (now > _toldAt + RoomLastsMilliseconds && steps.FirstOrDefault(static step => step.Submit is not null)?.Submit is { } job)
        {
            await ProxyFactory.CreateActorProxy<ISubnetActor>(ActorTypes.IdOf(_subnet), ActorTypes.Subnet).WatchRoomAsync(new PoolWatch(job.Model, job.Shard));
            _toldAt = now;
        }
    }

    private async Task CarryOutAsync(MempoolStore pool, IReadOnlyList<MempoolOutput> outputs)
    {
        var followUps = new List<MempoolInput>();
        foreach (var group in outputs.OfType<MempoolOutput.Release>().Chunk(SendsAtOnce))
        {
            await ReleaseAsync(pool, group, followUps);
        }

        foreach (var group in outputs.OfType<MempoolOutput.Bury>().Chunk(SendsAtOnce))
        {
            await BuryAsync(group, followUps);
        }

        if (followUps.Count > 0)
        {
            await TurnAsync(pool, followUps);
        }
    }

    private async Task ReleaseAsync(MempoolStore pool, MempoolOutput.Release[] releases, List<MempoolInput> followUps)
    {
        var sends = new List<Task<bool>>(releases.Length);
        foreach (var release in releases)
        {
            // A later step of the same turn may have ended it. The state manager knows one caller at a time; only the sends run side by side.
            sends.Add(pool.State.Find(release.Request)?.Token == release.Token
                ? SendAsync(await pool.ReadJobAsync(release.Request), release.Token)
                : Task.FromResult(true));
        }

        var sent = await Task.WhenAll(sends);
        followUps.AddRange(releases.Zip(sent).Where(static pair => !pair.Second)
            .Select(pair => new MempoolInput.ReleaseFailed(time.NowMilliseconds(), pair.First.Request, pair.First.Token)));
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

    private async Task BuryAsync(MempoolOutput.Bury[] dead, List<MempoolInput> followUps)
    {
        var told = await Task.WhenAll(dead.Select(TellAsync));
        gauges.Count(Id.GetId(), dead.Zip(told).Where(static pair => pair.Second).Select(static pair => pair.First.Death));
        followUps.AddRange(dead.Zip(told).Where(static pair => pair.Second)
            .Select(pair => new MempoolInput.Buried(time.NowMilliseconds(), pair.First.Request)));
    }

    private async Task<bool> TellAsync(MempoolOutput.Bury bury)
    {
        try
        {
            await dapr.PublishEventAsync(Topics.PubSub, Topics.Results, new JobGivenUp(bury.Request, bury.Death));
            return true;
        }
        catch (DaprException failure)
        {
            Logger.LogWarning("Request {Request} was given up and its gateway could not be told; it is told again: {Reason}", bury.Request, failure.InnerException?.Message ?? failure.Message);
            return false;
        }
    }
}
