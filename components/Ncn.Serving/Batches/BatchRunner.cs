using System.Collections.Concurrent;
using System.Security.Cryptography;
using Dapr.Actors.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Coordination.Batches;
using Ncn.Protocol;
using Ncn.Serving.Files;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Batches;

/// <summary>Drives the subnet's batches, a step at a time: whatever this process has begun, another can go on with.</summary>
/// <remarks>
/// One step of a batch: 1. claim it; 2. collect the answers of its lines and keep them; 3. tell the actor which lines have theirs;
/// 4. put more lines into the queue while others do not need it; 5. when no line runs and none is to begin, write the files, give the
/// rest of the money back, and finish.
/// </remarks>
public sealed class BatchRunner(
    BatchDesk desk, BatchLines lines, BatchResults results, FileStore files, IActorProxyFactory actors, IOptions<BatchOptions> options,
    IOptions<GatewayOptions> gateway, TimeProvider time, ILogger<BatchRunner> log)
{
    private const int BatchesAtOnce = 4;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MarkPatience = TimeSpan.FromMinutes(5);
    private readonly string _name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
    private readonly ConcurrentDictionary<RequestId, BatchWork> _works = [];
    private DateTimeOffset _lookAt;
    private IReadOnlyList<(RequestId Batch, DateTimeOffset Since)> _open = [];

    /// <summary>There is something new to look at.</summary>
    public void Ring() => _lookAt = default;

    /// <summary>One step of every open batch. Where none is open it looks only now and then.</summary>
    public async Task TickAsync(CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() >= _lookAt)
        {
            _lookAt = time.GetUtcNow() + Look;
            _open = await desk.ListOpenAsync(cancellationToken);
        }

        foreach (var (batch, since) in _open.Take(BatchesAtOnce))
        {
            try
            {
                await StepAsync(batch, since, cancellationToken);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                _works.TryRemove(batch, out _);
                log.LogWarning(failure, "Batch {Batch} could not go on; it is tried again", batch);
            }
        }
    }

    private async Task StepAsync(RequestId batch, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var claimed = await desk.Actor(batch).ClaimAsync(_name);
        switch (claimed.Outcome)
        {
            case BatchOutcome.Accepted:
                await DriveAsync(batch, claimed, cancellationToken);
                break;
            case BatchOutcome.Ended:
            case BatchOutcome.Unknown when time.GetUtcNow() > since + MarkPatience:
                await CloseAsync(batch, cancellationToken);
                break;
        }
    }

    private async Task DriveAsync(RequestId batch, BatchResult claimed, CancellationToken cancellationToken)
    {
        var spec = claimed.Spec!;
        if (!_works.TryGetValue(batch, out var work) || work.Token != claimed.State.LeaseToken)
        {
            await BatchAdmission.ExtendAsync(actors, spec);
            work = _works[batch] = await ReadAsync(batch, claimed, cancellationToken);
        }

        var result = await CollectAsync(work, cancellationToken) ?? claimed;
        if (result.State.Phase == BatchPhase.InProgress)
        {
            result = await BeginAsync(spec, work, cancellationToken) ?? result;
        }
        else if (result.State.Phase is BatchPhase.Cancelling or BatchPhase.Expiring)
        {
            await WithdrawAsync(work);
        }

        if (result.State.Phase != BatchPhase.InProgress && work.Running.Count == 0)
        {
            await FinishAsync(spec, work, result.State, cancellationToken);
        }
    }

    private async Task<BatchWork> ReadAsync(RequestId batch, BatchResult claimed, CancellationToken cancellationToken)
    {
        var spec = claimed.Spec!;
        var file = await files.FindAsync(spec.Account, spec.InputFile, cancellationToken);
        await using var content = await files.OpenAsync(spec.Account, file, cancellationToken);
        using var whole = new MemoryStream((int)file.Bytes);
        await content.CopyToAsync(whole, cancellationToken);
        var all = BatchLine.ReadAll(whole.ToArray(), spec.Endpoint, spec.Lines, gateway.Value.MaxBodyBytes);
        var work = new BatchWork(batch, claimed.State.LeaseToken, all, await desk.ReadCeilingsAsync(batch, cancellationToken));
        var staged = new List<SettledLine>();
        await foreach (var row in desk.ReadStagedAsync(batch, cancellationToken))
        {
            work.Done.Add(row.Line);
            staged.Add(new SettledLine(row.Line, row.IsSuccess, row.Charged));
        }

        // What a dead process kept and did not tell.
        if (staged.Count > 0)
        {
            await desk.Actor(batch).SettleAsync(new SettleCall(work.Token, staged));
        }

        await (claimed.State.Phase == BatchPhase.InProgress ? Task.CompletedTask : FindRunningAsync(work));
        return work;
    }

    // No more lines are begun: those that a dead process has begun come before all that it has not.
    private async Task FindRunningAsync(BatchWork work)
    {
        for (var line = 0; line < work.Lines.Count; line++)
        {
            var request = lines.IdOf(work.Batch, line);
            if (work.Done.Contains(line))
            {
                continue;
            }

            if (!await lines.IsBegunAsync(request))
            {
                return;
            }

            work.Running[line] = request;
        }
    }

    private async Task<BatchResult?> CollectAsync(BatchWork work, CancellationToken cancellationToken)
    {
        var looked = await Task.WhenAll(work.Running.Select(async each => (each.Key, each.Value, Answer: await lines.FindAsync(each.Value))));
        var done = looked.Where(static each => each.Answer is not null).Select(static each => new LineAnswer(each.Key, each.Value, each.Answer!)).ToArray();
        return done.Length == 0 ? null : await KeepAsync(work, done, cancellationToken);
    }

    private async Task<BatchResult?> KeepAsync(BatchWork work, IReadOnlyList<LineAnswer> answers, CancellationToken cancellationToken)
    {
        await results.StageAsync(work, answers, cancellationToken);
        foreach (var each in answers)
        {
            work.Running.Remove(each.Line);
            work.Done.Add(each.Line);
        }

        var settled = answers.Select(static each => new SettledLine(each.Line, each.Answer.StatusCode == 200, each.Answer.Charged)).ToArray();
        var result = await desk.Actor(work.Batch).SettleAsync(new SettleCall(work.Token, settled));
        return result.Outcome == BatchOutcome.Accepted ? result : throw new InvalidOperationException($"The lease of batch {work.Batch} is lost.");
    }

    private async Task<BatchResult?> BeginAsync(BatchSpec spec, BatchWork work, CancellationToken cancellationToken)
    {
        var room = await RoomAsync(spec, work);
        var known = new List<LineAnswer>();
        for (; room > 0 && work.Next < work.Lines.Count; work.Next++)
        {
            if (work.Done.Contains(work.Next))
            {
                continue;
            }

            var request = lines.IdOf(work.Batch, work.Next);
            if (await lines.BeginAsync(spec, work, work.Next) is { } answer)
            {
                known.Add(new LineAnswer(work.Next, request, answer));
            }
            else
            {
                work.Running[work.Next] = request;
                room--;
            }
        }

        return known.Count == 0 ? null : await KeepAsync(work, known, cancellationToken);
    }

    private async Task<int> RoomAsync(BatchSpec spec, BatchWork work)
    {
        var mine = options.Value.Window - work.Running.Count;
        if (mine <= 0 || work.Next >= work.Lines.Count)
        {
            return 0;
        }

        return Math.Min(mine, options.Value.QueueRoom - await lines.WaitingAsync(spec, work, work.Next));
    }

    private async Task WithdrawAsync(BatchWork work)
    {
        foreach (var (line, request) in work.Running.ToArray())
        {
            if (await lines.CancelAsync(request) && await lines.FindAsync(request) is { StatusCode: not 200 })
            {
                work.Running.Remove(line);
            }
        }
    }

    private async Task FinishAsync(BatchSpec spec, BatchWork work, BatchState state, CancellationToken cancellationToken)
    {
        var (output, errors) = await results.WriteAsync(spec, work, state, cancellationToken);
        if (spec.Channel is { } channel)
        {
            await actors.CreateActorProxy<IChannelActor>(ActorTypes.IdOf(channel), ActorTypes.Channel).ReleaseAsync(work.Batch.ToString());
        }

        var finished = await desk.Actor(work.Batch).FinishAsync(new FinishCall(work.Token, output, errors));
        if (finished.Outcome is BatchOutcome.Accepted or BatchOutcome.Ended)
        {
            await CloseAsync(work.Batch, cancellationToken);
        }
    }

    private async Task CloseAsync(RequestId batch, CancellationToken cancellationToken)
    {
        await desk.CloseAsync(batch, cancellationToken);
        _works.TryRemove(batch, out _);
        _open = [.. _open.Where(each => each.Batch != batch)];
    }
}
