using System.Collections.Concurrent;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Validator.Duty;

/// <summary>The nodes' own signed records, as any of the gateways shows them: where a node is asked. Safe for concurrent use.</summary>
/// <remarks>
/// A gateway may hide a record or show an old one, and make up nodes, but no record of another's node: what was seen once is kept until it runs out. Each
/// gateway fills a page of its own, so that none can leave the others without room.
/// </remarks>
/// <param name="gateways">Base URLs.</param>
/// <param name="network">Domain of the network's messages.</param>
/// <param name="http">Bounds the time and the bytes of an answer.</param>
internal sealed class NodeBook(IReadOnlyList<Uri> gateways, Eip712Domain network, HttpClient http, TimeProvider time, ILogger log)
{
    /// <summary>Most records of a gateway's page.</summary>
    internal const int Most = 4_096;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(20);
    private readonly (Uri Gateway, ConcurrentDictionary<Address, NodeRecord> Page)[] _pages = [.. gateways.Select(static url => (url, new ConcurrentDictionary<Address, NodeRecord>()))];
    private DateTimeOffset _next = DateTimeOffset.MinValue;
    private Task _look = Task.CompletedTask;

    /// <summary>The newest record of a node that is good now; null for none.</summary>
    internal NodeRecord? Find(Address node) =>
        _pages.Select(entry => entry.Page.GetValueOrDefault(node)).Where(record => record?.ExpiresAt > Now).MaxBy(static record => record!.Sequence);

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
        foreach (var (url, page) in _pages)
        {
            foreach (var record in page.Where(entry => entry.Value.ExpiresAt <= Now))
            {
                page.TryRemove(record);
            }

            try
            {
                var listed = await http.GetFromJsonAsync<RoutingSnapshot>(new Uri(url, "/ncn/v1/nodes"), ProtocolJson.Options, cancellationToken);
                Take(page, listed?.Nodes ?? []);
            }
            catch (Exception silent) // whatever a gateway answers, the others are asked
            {
                log.LogDebug("The nodes of {Gateway} are not known now: {Reason}", url, silent.Message);
            }
        }
    }

    private ulong Now => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Take(ConcurrentDictionary<Address, NodeRecord> page, IReadOnlyList<NodeView> listed)
    {
        foreach (var view in listed.Take(Most))
        {
            if (view is { Record: { GrpcEndpoint: not null, Models: not null, Subnets: not null } record, Signature: { } signature } && record.ExpiresAt > Now
                && (page.TryGetValue(record.Operator, out var before) ? before.Sequence < record.Sequence : page.Count < Most)
                && new Signed<NodeRecord>(record, signature).IsSignedBy(record.Operator, network))
            {
                page[record.Operator] = record;
            }
        }
    }
}
