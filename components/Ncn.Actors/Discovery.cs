using Ncn.Protocol;

namespace Ncn.Actors;

/// <summary>What the registry answers to <c>GET /discovery/gateways</c> and <c>/discovery/nodes</c>.</summary>
/// <param name="Version">Sent back as <c>known</c>, it makes an unchanged answer 204 without a body.</param>
/// <param name="Gateways">Newest of each operator, subnet and URL; signatures checked, not expired when sent.</param>
/// <param name="Nodes">Newest of each operator; signatures checked, not expired when sent.</param>
/// <param name="Stakes">What their operators have staked in the subnets that this registry mirrors, by address; zero where it knows nothing.</param>
public sealed record FoundAdverts(
    string Version, IReadOnlyList<Signed<GatewayRecord>> Gateways, IReadOnlyList<Signed<NodeRecord>> Nodes, IReadOnlyDictionary<string, TokenAmount> Stakes);

/// <summary>What is sent to <c>POST /discovery/adverts</c>: one of the two, signed by its operator.</summary>
public sealed record OwnAdvert(Signed<GatewayRecord>? Gateway = null, Signed<NodeRecord>? Node = null);
