using System.Collections.Concurrent;
using Ncn.Actors;
using Ncn.Protocol;
using Ncn.Serving.Hosting;
using Ncn.Serving.Payments;

namespace Ncn.Serving.Requests;

/// <summary>Requests that can be repeated and are paid from a channel: their reservation is what lets them run once.</summary>
/// <remarks>
/// 1. a repeat of what runs in this process reads along; 2. the reservation is made under the key, with the body's fingerprint; 3. if it was
/// there, another process runs the request: its answer will be kept, or its reservation ends, and this one runs it; 4. if it was charged, the
/// answer was kept before that, and one that had failed in the queue may have its failure; 5. else it runs, its answer is kept, and then it is charged.
/// </remarks>
public sealed class KeyedRequests(RequestHolds holds, RepeatedRequests repeats, DirectRequests direct, TimeProvider time)
{
    private const int LooksPerTry = 10;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly ConcurrentDictionary<RequestId, Hash32> _running = [];

    /// <summary>Runs it, or gives what became of it; null when no node has room and it is to wait for one.</summary>
    internal async Task<Admission?> AdmitAsync(RequestTicket ticket)
    {
        var fingerprint = ticket.Fingerprint;
        while (time.GetUtcNow() < ticket.Deadline)
        {
            if (_running.TryAdd(ticket.Request, fingerprint))
            {
                var (isDecided, admission) = await RunAsync(ticket);
                if (isDecided)
                {
                    return admission;
                }
            }
            else if (_running.TryGetValue(ticket.Request, out var other) && other != fingerprint)
            {
                throw new ApiException(ApiError.KeyConflict);
            }
            else if (repeats.Attach(ticket) is { } attached)
            {
                return attached;
            }

            if (await LookAsync(ticket) is { } answer)
            {
                return answer;
            }
        }

        throw new ApiException(new ApiError(504, "still_running", "The same request still runs elsewhere; repeat it to get its answer.") { RetryAfterSeconds = 5 });
    }

    // Holds the place in this process until the run is over.
    private async Task<(bool IsDecided, Admission? Admission)> RunAsync(RequestTicket ticket)
    {
        var place = new Place(this, ticket.Request);
        try
        {
            var hold = (await holds.HoldAsync(ticket))!;
            if (hold.IsCharged && repeats.AttachKept(ticket) is { } kept)
            {
                return (true, kept);
            }

            if ((hold.IsCharged || hold.IsRunningElsewhere || hold.IsAnew) && await FindAsync(ticket, hold) is { } answer)
            {
                return (true, new Admission.Repeated(answer));
            }

            if (hold.IsRunningElsewhere)
            {
                return (false, null);
            }

            var admission = await direct.RunAsync(ticket, hold);
            place = (admission as Admission.Running)?.Keep(place) is true ? null : place;
            return (true, admission);
        }
        finally
        {
            place?.Dispose();
        }
    }

    // An answer that is there already costs nothing more: what was held anew is given back.
    private async Task<StoredAnswer?> FindAsync(RequestTicket ticket, IPaymentHold hold)
    {
        try
        {
            var answer = await repeats.FindAsync(ticket);
            await (answer is null ? Task.CompletedTask : hold.ReleaseAsync());
            return answer;
        }
        catch
        {
            await hold.ReleaseAsync();
            throw;
        }
    }

    // The one that runs it may end it any moment; whether it still does is asked now and then.
    private async Task<Admission.Repeated?> LookAsync(RequestTicket ticket)
    {
        for (var look = 0; look < LooksPerTry && !repeats.IsLive(ticket); look++)
        {
            await Task.Delay(Interval, time, ticket.Call.Gone);
            if (await repeats.FindAsync(ticket) is { } answer)
            {
                return new Admission.Repeated(answer);
            }
        }

        return null;
    }

    private sealed class Place(KeyedRequests all, RequestId request) : IDisposable
    {
        public void Dispose() => all._running.TryRemove(request, out _);
    }
}
