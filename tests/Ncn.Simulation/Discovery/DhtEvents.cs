using Ncn.Discovery;

namespace Ncn.Simulation.Discovery;

/// <summary>What is to happen to a peer at a time.</summary>
/// <param name="Peer">To whom.</param>
/// <param name="From">Who sent it; -1 when nobody did.</param>
/// <param name="RpcId">The sender's number of the request.</param>
/// <param name="Request">A request arrives.</param>
/// <param name="Answer">An answer arrives.</param>
/// <param name="Act">Somebody outside does something.</param>
internal readonly record struct DhtEvent(int Peer, int From, ulong RpcId, DiscoveryRequest? Request, DiscoveryAnswer? Answer, Action<DhtWorld>? Act);

/// <summary>The events to come, earliest first; of those at one time the one that was planned first.</summary>
internal sealed class DhtEvents
{
    private readonly PriorityQueue<DhtEvent, (ulong At, ulong Order)> _queue = new();
    private ulong _order;

    internal void Plan(ulong at, DhtEvent planned) => _queue.Enqueue(planned, (at, _order++));

    internal bool TryTake(ulong until, out DhtEvent next, out ulong at)
    {
        if (_queue.TryPeek(out next, out var priority) && priority.At <= until)
        {
            _queue.Dequeue();
            at = priority.At;
            return true;
        }

        at = until;
        return false;
    }

    internal DhtEvents Copy()
    {
        var copy = new DhtEvents { _order = _order };
        copy._queue.EnqueueRange(_queue.UnorderedItems);
        return copy;
    }
}
