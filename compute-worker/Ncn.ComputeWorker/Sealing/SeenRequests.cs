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
    private const ulong SweepInterval = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<HexBytes, ulong> _forgetAt = [];
    private ulong _nextSweep;

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
            Sweep(now);
            if (_forgetAt.Count >= capacity)
            {
                throw new JobRefusedException(JobRefusalReason.Busy, "This node has as many sealed requests in memory as it can hold.");
            }

            if (!_forgetAt.TryAdd(encapsulatedKey, now + (2 * Window) + 1))
            {
                throw new JobRefusedException(JobRefusalReason.Invalid, "The sealed request was taken before, and each is run once: seal it again.");
            }
        }
    }

    /// <summary>Gives back a request that was taken and not run; it then takes no room, or who pays for nothing could fill it.</summary>
    public void GiveBack(HexBytes encapsulatedKey)
    {
        lock (_gate)
        {
            _forgetAt.Remove(encapsulatedKey);
        }
    }

    private void Sweep(ulong now)
    {
        if (now < _nextSweep)
        {
            return;
        }

        _nextSweep = now + SweepInterval;
        foreach (HexBytes old in _forgetAt.Where(request => request.Value <= now).Select(static request => request.Key).ToArray())
        {
            _forgetAt.Remove(old);
        }
    }

    private static string Distance(ulong issuedAt, ulong now) => issuedAt > now ? $"{(issuedAt - now) / 1000} s ahead" : $"{(now - issuedAt) / 1000} s ago";
}
