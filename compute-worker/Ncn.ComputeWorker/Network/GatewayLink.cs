using Ncn.Protocol;

namespace Ncn.ComputeWorker.Network;

/// <summary>What a gateway says of its subnet (<c>GET /ncn/v1/subnet</c>).</summary>
public sealed record SubnetView(
    uint Subnet, string Name, IReadOnlyList<string> ModelKinds, Address Gateway, ulong ChainId, Address Token, Address InferencePayment, Address ValidatorRegistry);

/// <summary>One gateway that this node belongs to, or tries to.</summary>
internal sealed class GatewayLink(Uri baseAddress)
{
    /// <summary>Its base address, with a slash at the end.</summary>
    public Uri BaseAddress { get; } = baseAddress;

    /// <summary>Its subnet; null until it answered.</summary>
    public SubnetView? Subnet { get; set; }

    /// <summary>Sequence of the record that it accepted; 0 while the node is not in.</summary>
    public ulong JoinedSequence { get; set; }

    /// <summary>True once a join was sent: the gateway may count the node in, even when its answer was not heard.</summary>
    public bool MayBeIn { get; set; }

    /// <summary>What went wrong last; null while all is well. Kept so that a lasting problem is logged once.</summary>
    public string? Problem { get; set; }
}

/// <summary>All gateways of this node.</summary>
internal sealed class KnownGateways(IEnumerable<Uri> addresses)
{
    /// <summary>One link for each configured gateway.</summary>
    public IReadOnlyList<GatewayLink> Links { get; } = [.. addresses.Select(address => new GatewayLink(address))];

    /// <summary>Addresses of the gateways that answered.</summary>
    public IReadOnlyCollection<Address> Addresses => [.. Links.Select(link => link.Subnet?.Gateway).OfType<Address>()];

    /// <summary>True once some gateway took the node in.</summary>
    public bool AnyJoined => Links.Any(link => link.JoinedSequence > 0);

    /// <summary>The configured gateway at this address; null for a stranger.</summary>
    public GatewayLink? Find(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? address)
            ? Links.FirstOrDefault(link => Uri.Compare(link.BaseAddress, address, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0)
            : null;
}
