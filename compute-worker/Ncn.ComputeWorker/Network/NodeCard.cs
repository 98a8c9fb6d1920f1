using Ncn.ComputeWorker.Sealing;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Network;

/// <summary>Makes this node's signed records, heartbeats and leaves. Sequences are times, so they rise over restarts too.</summary>
internal sealed class NodeCard(NodeIdentity node, NodeModels models, EncryptionKeys keys, TimeProvider time)
{
    private const ulong RecordLifeMilliseconds = 60 * 60_000;

    private ulong _lastSequence;
    private Signed<NodeRecord>? _record;
    private long _revision;

    /// <summary>The current record; a new one when the models, the subnets, the endpoint or the encryption key changed, or half of its life is over.</summary>
    public Signed<NodeRecord> Record(string grpcEndpoint, IReadOnlyList<uint> subnets, int slots)
    {
        ulong now = Now;
        long revision = models.Revision;
        var key = new HexBytes(keys.Current.Span);
        if (_record is not { } current || _revision != revision || !current.Message.Subnets.SequenceEqual(subnets)
            || current.Message.GrpcEndpoint != grpcEndpoint || current.Message.EncryptionKey != key || current.Message.ExpiresAt - now < RecordLifeMilliseconds / 2)
        {
            _revision = revision;
            _record = node.Sign(new NodeRecord(
                node.Address, NextSequence(), grpcEndpoint, subnets, models.Offers, (uint)slots, key, now, now + RecordLifeMilliseconds));
        }

        return _record;
    }

    /// <summary>Makes the next <see cref="Record"/> a new one, with a higher sequence.</summary>
    public void Discard() => _record = null;

    /// <param name="freeSlots">Requests that it could start now.</param>
    /// <param name="waiting">Requests that it has taken and not begun.</param>
    /// <param name="isDraining">It takes nothing new and leaves when the last one has ended.</param>
    public Signed<NodeHeartbeat> Heartbeat(int freeSlots, int waiting, bool isDraining = false) =>
        node.Sign(new NodeHeartbeat(node.Address, NextSequence(), (uint)freeSlots, (uint)waiting, Now) { Draining = isDraining });

    public Signed<NodeLeave> Leave() => node.Sign(new NodeLeave(node.Address, NextSequence(), Now));

    private ulong Now => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();

    private ulong NextSequence() => _lastSequence = Math.Max(_lastSequence + 1, Now);
}
