using Dapr.Actors.Runtime;
using Ncn.Actors;
using Ncn.Coordination.Batches;
using Ncn.Registry.Hosting;
using Ncn.Registry.Storage;

namespace Ncn.Registry.Batches;

/// <summary>Holds <see cref="BatchState"/> of one batch and what its gateways need to run it.</summary>
[Actor(TypeName = ActorTypes.Batch)]
internal sealed class BatchActor(ActorHost host, TimeProvider time, BatchLimits limits)
    : StoredActor<BatchState>(host, Schema), IBatchActor, IRemindable
{
    private const string BatchKey = "batch";
    private const string SpecKey = "spec";
    private const string FilesKey = "files";
    private const string ForgetReminder = "forget";
    private static readonly TimeSpan Once = TimeSpan.FromMilliseconds(-1);
    private static readonly StateSchema Schema = new(ActorTypes.Batch);

    public Task<BatchResult> CreateAsync(BatchSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return TurnAsync(new BatchInput.Create(time.NowMilliseconds(), spec.Fingerprint, spec.Lines, spec.ExpiresAt), spec);
    }

    public Task<BatchResult> ClaimAsync(string runner) => TurnAsync(new BatchInput.Claim(time.NowMilliseconds(), runner));

    public Task<BatchResult> SettleAsync(SettleCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return TurnAsync(new BatchInput.Settle(time.NowMilliseconds(), call.Token, call.Lines));
    }

    public Task<BatchResult> FinishAsync(FinishCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return TurnAsync(new BatchInput.Finish(time.NowMilliseconds(), call.Token), files: new BatchFiles(call.OutputFile, call.ErrorFile));
    }

    public Task<BatchResult> CancelAsync() => TurnAsync(new BatchInput.Cancel(time.NowMilliseconds()));

    public async Task<BatchResult> GetAsync()
    {
        var state = await LoadAsync();
        return await ResultAsync(state.Phase == BatchPhase.None ? BatchOutcome.Unknown : BatchOutcome.Accepted, state);
    }

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) =>
        TurnAsync(new BatchInput.Tick(time.NowMilliseconds()));

    protected override async Task<BatchState> ReadAsync()
    {
        var found = await StateManager.TryGetStateAsync<BatchState>(BatchKey);
        return found.HasValue ? found.Value : BatchState.Empty;
    }

    private async Task<BatchResult> TurnAsync(BatchInput input, BatchSpec? spec = null, BatchFiles? files = null)
    {
        var before = await LoadAsync();
        var (after, outputs) = BatchLedger.Apply(before, input, limits);
        var outcome = outputs.OfType<BatchOutput.Reply>().Select(static reply => reply.Outcome).FirstOrDefault();
        if (outcome == BatchOutcome.Accepted)
        {
            await StageAsync(spec, files);
        }

        foreach (var output in outputs)
        {
            await CarryOutAsync(output, input.Now);
        }

        if (!ReferenceEquals(before, after) && after.Phase != BatchPhase.None)
        {
            await StateManager.SetStateAsync(BatchKey, after);
        }

        await CommitAsync(after);
        return await ResultAsync(outcome, after);
    }

    private async Task StageAsync(BatchSpec? spec, BatchFiles? files)
    {
        if (spec is not null)
        {
            await StateManager.SetStateAsync(SpecKey, spec);
        }

        if (files is not null)
        {
            await StateManager.SetStateAsync(FilesKey, files);
        }
    }

    private async Task CarryOutAsync(BatchOutput output, ulong now)
    {
        switch (output)
        {
            case BatchOutput.WakeAt wake:
                await RegisterReminderAsync(ForgetReminder, [], TimeSpan.FromMilliseconds(wake.Time > now ? wake.Time - now : 0), Once);
                break;
            case BatchOutput.Forget:
                await StateManager.TryRemoveStateAsync(BatchKey);
                await StateManager.TryRemoveStateAsync(SpecKey);
                await StateManager.TryRemoveStateAsync(FilesKey);
                break;
            default:
                break;
        }
    }

    private async Task<BatchResult> ResultAsync(BatchOutcome outcome, BatchState state)
    {
        var spec = await StateManager.TryGetStateAsync<BatchSpec>(SpecKey);
        var files = await StateManager.TryGetStateAsync<BatchFiles>(FilesKey);
        return new BatchResult(
            outcome, state, spec.HasValue ? spec.Value : null, files.HasValue ? files.Value.Output : null, files.HasValue ? files.Value.Error : null);
    }

    internal sealed record BatchFiles(string? Output, string? Error);
}
