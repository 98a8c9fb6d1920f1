using Ncn.Serving.Payments.Batch;

namespace Ncn.Serving.Requests;

/// <summary>
/// Keeps a ceiling held for as long as its answer is being read: the run has its time limit, but who reads slowly may take any time, and
/// a reservation that has expired cannot be charged.
/// </summary>
internal sealed class HeldLonger : IDisposable
{
    private readonly ITimer _timer;

    /// <param name="duration">The request's own time limit; it was held for that and some slack.</param>
    public HeldLonger(BatchHold hold, TimeSpan duration, TimeProvider time) => _timer = time.CreateTimer(
        _ => hold.Extend((ulong)(time.GetUtcNow() + (duration * 3)).ToUnixTimeMilliseconds()), null, duration, duration);

    public void Dispose() => _timer.Dispose();
}
