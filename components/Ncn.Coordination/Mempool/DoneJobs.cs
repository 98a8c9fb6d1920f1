using Ncn.Protocol;

namespace Ncn.Coordination.Mempool;

/// <summary>The finished jobs that are remembered, so that a late duplicate is recognised.</summary>
internal sealed class DoneJobs
{
    private readonly Dictionary<Hash32, ulong> _until = [];
    private readonly Queue<Hash32> _order = [];

    internal int Count => _until.Count;

    internal IEnumerable<KeyValuePair<RequestId, ulong>> All => _order.Select(id => KeyValuePair.Create(new RequestId(id), _until[id]));

    internal bool Contains(RequestId request) => _until.ContainsKey(request.Value);

    internal void Add(RequestId request, ulong until, ulong now, int most)
    {
        if (_until.TryAdd(request.Value, until))
        {
            _order.Enqueue(request.Value);
        }

        while (_order.TryPeek(out var first) && (_until.Count > most || _until[first] <= now))
        {
            _until.Remove(_order.Dequeue());
        }
    }
}
