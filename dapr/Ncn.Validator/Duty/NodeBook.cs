using System.Collections.Concurrent;
using System.Text.Json;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Validator.Duty;

/// <summary>The nodes' own signed records, as any of the gateways shows them: where a node is asked. Safe for concurrent use.</summary>
/// <remarks>A gateway may hide a record or show an old one, and cannot make one: what was seen once is kept until it runs out.</remarks>
/// <param name="gateways">Base URLs.</param>
/// <param name="network">Domain of the network's messages.</param>
/// <param name="http">Bounds the time and the bytes of an answer.</param>
internal sealed class NodeBook(IReadOnlyList<Uri> gateways, Eip712Domain network, HttpClient http, TimeProvider time, ILogger log)
{
    private const int Most = 4_096;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<Address, NodeRecord> _known = [];
    private DateTimeOffset _next = DateTimeOffset.MinValue;
    private Task _look = Task.CompletedTask;

    /// <summary>The newest record of a node that is good now; null for none.</summary>
    internal NodeRecord? Find(Address node) => _known.TryGetValue(node, out var record) && record.ExpiresAt > Now ? record : null;

    /// <summary>Begins a look beside the caller's work, when it is time for one. One caller at a time.</summary>
    internal void Look(CancellationToken cancellationToken)
    {
        if (_look.IsCompleted && time.GetUtcNow() >= _next)
        {
            _next = time.GetUtcNow() + Pause;
            _look = Task.Run(() => LookAsync(cancellationToken), CancellationToken.None);
        }
    }

    /// <summary>Asks all gateways.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        foreach (var url in gateways)
        {
            try
            {
                var listed = await http.GetFromJsonAsync<RoutingSnapshot>(new Uri(url, "/ncn/v1/nodes"), ProtocolJson.Options, cancellationToken);
                Take(listed?.Nodes ?? []);
            }
            catch (Exception silent) when (silent is HttpRequestException or OperationCanceledException or JsonException)
            {
                log.LogDebug("The nodes of {Gateway} are not known now: {Reason}", url, silent.Message);
            }
        }

        foreach (var (node, record) in _known.Where(entry => entry.Value.ExpiresAt <= Now))
        {
            _known.TryRemove(KeyValuePair.Create(node, record));
        }
    }

    private ulong Now => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Take(IReadOnlyList<NodeView> listed)
    {
        foreach (var view in listed.Take(Most))
        {
            if (view is { Record: { Models: not null, Subnets: not null } record, Signature: { } signature } && record.ExpiresAt > Now
                && (_known.TryGetValue(record.Operator, out var before) ? before.Sequence < record.Sequence : _known.Count < Most)
                && new Signed<NodeRecord>(record, signature).IsSignedBy(record.Operator, network))
            {
                _known[record.Operator] = record;
            }
        }
    }
}
