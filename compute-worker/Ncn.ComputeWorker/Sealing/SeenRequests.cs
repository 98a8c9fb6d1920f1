using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Sealing;

/// <summary>
/// Runs each sealed request once. A request says when it was sealed; one outside of <see cref="Window"/>, or from before this process
/// began to remember, is refused, so that what must be remembered is bounded and a restart forgets nothing that still counts.
/// </summary>
internal sealed class SeenRequests(ulong since, int capacity = SeenRequests.DefaultCapacity)
{
    /// <summary>How far the time of sealing may lie from this node's clock, milliseconds.</summary>
    public const ulong Window = 10 * 60_000;

    private const int DefaultCapacity = 100_000;

    private readonly Lock _gate = new();
    private readonly HashSet<HexBytes> _seen = [];
    private readonly Queue<(HexBytes Key, ulong ForgetAt)> _order = [];

    /// <summary>Takes a request, by its encapsulated key.</summary>
    /// <exception cref="JobRefusedException">It is too old or too new, or was taken before.</exception>
    public void Take(HexBytes encapsulatedKey, ulong issuedAt, ulong now)
    {
        if (issuedAt < since || Math.Max(issuedAt, now) - Math.Min(issuedAt, now) > Window)
        {
            throw new JobRefusedException(
                JobRefusalReason.Invalid,
                issuedAt < since
                    ? "The request was sealed before this node started, which cannot know whether it ran already: seal it again."
                    : $"The request was sealed {Distance(issuedAt, now)} by this node's clock; it takes what is at most {Window / 60_000} minutes off: seal it again, and check the clock.");
        }

        lock (_gate)
        {
            while (_order.TryPeek(out var oldest) && oldest.ForgetAt <= now)
            {
                _seen.Remove(_order.Dequeue().Key);
            }

            if (_order.Count >= capacity)
            {
                throw new JobRefusedException(JobRefusalReason.Busy, "This node has as many sealed requests in memory as it can hold.");
            }

            if (!_seen.Add(encapsulatedKey))
            {
                throw new JobRefusedException(JobRefusalReason.Invalid, "The sealed request was taken before, and each is run once: seal it again.");
            }

            _order.Enqueue((encapsulatedKey, now + (2 * Window) + 1));
        }
    }

    /// <summary>Gives back a request that was taken and not run.</summary>
    public void GiveBack(HexBytes encapsulatedKey)
    {
        lock (_gate)
        {
            _seen.Remove(encapsulatedKey);
        }
    }

    private static string Distance(ulong issuedAt, ulong now) => issuedAt > now ? $"{(issuedAt - now) / 1000} s ahead" : $"{(now - issuedAt) / 1000} s ago";
}
