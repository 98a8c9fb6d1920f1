using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Network;

/// <summary>What a gateway says of its subnet (<c>GET /ncn/v1/subnet</c>).</summary>
public sealed record SubnetView(
    uint Subnet, string Name, IReadOnlyList<string> ModelKinds, Address Gateway, ulong ChainId, Address Token, Address InferencePayment, Address ValidatorRegistry);

/// <summary>One gateway that this node belongs to, or tries to.</summary>
internal sealed class GatewayLink(Uri baseAddress, Address? foundOperator = null)
{
    /// <summary>Its base address, with a slash at the end.</summary>
    public Uri BaseAddress { get; } = baseAddress;

    /// <summary>Whose it must be; null for a configured one, which is believed.</summary>
    public Address? FoundOperator { get; } = foundOperator;

    /// <summary>Unix milliseconds: how long the record is good that it was found by. Means nothing for a configured one.</summary>
    public ulong FoundUntil { get; set; }

    /// <summary>Its subnet; null until it answered.</summary>
    public SubnetView? Subnet { get; set; }

    /// <summary>Sequence of the record that it accepted; 0 while the node is not in.</summary>
    public ulong JoinedSequence { get; set; }

    /// <summary>True once a join was sent: the gateway may count the node in, even when its answer was not heard.</summary>
    public bool MayBeIn { get; set; }

    /// <summary>What went wrong last; null while all is well. Kept so that a lasting problem is logged once.</summary>
    public string? Problem { get; set; }
}

/// <summary>All gateways of this node: the configured ones for good, and those that were found for as long as they are there.</summary>
internal sealed class KnownGateways(IEnumerable<Uri> addresses)
{
    /// <summary>Most gateways that are joined because they were found.</summary>
    public const int MaxFound = 16;

    private ImmutableArray<GatewayLink> _links = [.. addresses.Select(static address => new GatewayLink(address))];

    /// <summary>One link for each gateway.</summary>
    public IReadOnlyList<GatewayLink> Links => _links;

    /// <summary>Addresses of the gateways that answered.</summary>
    public IReadOnlyCollection<Address> Addresses => [.. Links.Select(link => link.Subnet?.Gateway).OfType<Address>()];

    /// <summary>True once some gateway took the node in.</summary>
    public bool AnyJoined => Links.Any(link => link.JoinedSequence > 0);

    /// <summary>The known gateway at this address; null for a stranger.</summary>
    public GatewayLink? Find(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? address) ? Links.FirstOrDefault(link => IsAt(link, address)) : null;

    /// <summary>
    /// Takes over what a search has found: new ones are added, and one is dropped when its record has run out, no newer one was found, and it fails.
    /// </summary>
    /// <param name="found">Records of gateways of this node's subnets, the best first.</param>
    /// <param name="now">Unix milliseconds.</param>
    public void Follow(IReadOnlyList<GatewayRecord> found, ulong now)
    {
        foreach (GatewayRecord record in found)
        {
            var address = new Uri(record.Url.TrimEnd('/') + "/");
            if (Links.FirstOrDefault(link => IsAt(link, address)) is { } known)
            {
                known.FoundUntil = Math.Max(known.FoundUntil, record.ExpiresAt);
            }
            else if (Links.Count(static link => link.FoundOperator is not null) < MaxFound)
            {
                _links = _links.Add(new GatewayLink(address, record.Operator) { FoundUntil = record.ExpiresAt });
            }
        }

        _links = _links.RemoveAll(link => link.FoundOperator is not null && link.FoundUntil <= now && (link.Problem is not null || link.JoinedSequence == 0));
    }

    private static bool IsAt(GatewayLink link, Uri address) =>
        Uri.Compare(link.BaseAddress, address, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;
}
