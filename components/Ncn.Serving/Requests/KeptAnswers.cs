using System.Collections.Concurrent;
using Dapr.Actors.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments.Turns;

namespace Ncn.Serving.Requests;

/// <summary>Keeps answers before they are charged, and asks until it is known which answer a request has.</summary>
/// <remarks>
/// 1. in the good case the actor is asked once; 2. whoever was not heard asks again: an answer may have been kept all the same, and what was
/// kept is charged, what was not is given back; 3. the caller waits a while and is told to repeat; it is asked on without it, for about as
/// long as the reservation lasts; 4. on shutdown the next life of this process finds out (<see cref="LeftBehind"/>).
/// </remarks>
public sealed class KeptAnswers(IActorProxyFactory actors, IOptions<ChannelOptions> options, TimeProvider time, ILogger<KeptAnswers> log) : IHostedService, IDisposable
{
    private const int MostTries = 60;
    private static readonly TimeSpan LeastDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MostDelay = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<Task, bool> _open = [];
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Keeps an answer; what the request has from now on. Throws <see cref="ApiException"/> when it is not known in time.</summary>
    /// <param name="keep">Asks the actor to keep it; false when it was not the first.</param>
    /// <param name="settle">Called once it is known whether this answer is the one, even when the caller waits no more.</param>
    internal async Task<Kept> KeepAsync(
        RequestId request, StoredAnswer answer, Func<IRequestActor, StoredAnswer, Task<bool>> keep, Func<Kept, Task> settle)
    {
        var named = answer with { Run = answer.Run ?? Guid.NewGuid().ToString("N") };
        if (await TryAsync(request, named, keep) is { } known)
        {
            await settle(known);
            return known;
        }

        var asking = AskOnAsync(request, named, keep, settle);
        _open[asking] = true;
        _ = asking.ContinueWith(ended => Close(request, ended), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            return await asking.WaitAsync(TimeSpan.FromMilliseconds(options.Value.KeepMilliseconds), time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            throw new ApiException(new ApiError(
                503, "answer_not_kept", "The answer is there and could not be kept yet. Repeat the request in a moment to get it; it is charged once.") { RetryAfterSeconds = 2 });
        }
    }

    /// <summary>Waits until nothing is unknown any more.</summary>
    internal Task WhenKnownAsync() => Task.WhenAll(_open.Keys);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Asks once more for what is unknown.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAny(WhenKnownAsync(), Task.Delay(Timeout.Infinite, cancellationToken));
    }

    public void Dispose() => _stopping.Dispose();

    private async Task<Kept> AskOnAsync(
        RequestId request, StoredAnswer answer, Func<IRequestActor, StoredAnswer, Task<bool>> keep, Func<Kept, Task> settle)
    {
        for (var tries = 0; tries < MostTries && !_stopping.IsCancellationRequested; tries++)
        {
            var delay = LeastDelay * (1 << Math.Min(tries, 7));
            await Task.Delay(delay < MostDelay ? delay : MostDelay, time, _stopping.Token).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            if (await TryAsync(request, answer, keep) is { } known)
            {
                await settle(known);
                return known;
            }
        }

        throw new InvalidOperationException($"Nobody could tell whether the answer to request {request} was kept.");
    }

    // Null when nobody could tell.
    private async Task<Kept?> TryAsync(RequestId request, StoredAnswer answer, Func<IRequestActor, StoredAnswer, Task<bool>> keep)
    {
        try
        {
            var actor = actors.CreateActorProxy<IRequestActor>(ActorTypes.IdOf(request), ActorTypes.Request);
            if (await keep(actor, answer))
            {
                return new Kept(answer, IsOurs: true, null);
            }

            var view = await actor.GetAsync();
            return new Kept(view?.Answer, view?.Answer?.Run == answer.Run, view);
        }
        catch (Exception failure)
        {
            log.LogWarning("The answer to request {Request} could not be kept; it is tried again: {Reason}", request, failure.Message);
            return null;
        }
    }

    // What is charged for it is this operator's loss: its reservation runs out.
    private void Close(RequestId request, Task ended)
    {
        _open.TryRemove(ended, out _);
        if (ended.Exception is { } unknown)
        {
            log.LogError(unknown, "The answer to request {Request} may be kept and is not charged by this process", request);
        }
    }
}

/// <summary>What a request has for its answer.</summary>
/// <param name="Answer">Null when it has none.</param>
/// <param name="IsOurs">It is the one that was to be kept.</param>
/// <param name="Found">The request as it stands; null when there is none, or the answer was kept at once.</param>
internal sealed record Kept(StoredAnswer? Answer, bool IsOurs, RequestView? Found);
