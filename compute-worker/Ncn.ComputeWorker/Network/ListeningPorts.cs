using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Network;

/// <summary>Where this process really listens: the system may have chosen the ports. Known once the server has started.</summary>
internal sealed class ListeningPorts(IServer server, IOptions<WorkerOptions> options)
{
    /// <summary>Where gateways call this node.</summary>
    public NodeEndpoint Grpc => new(options.Value.AdvertisedHost, (ushort)Bound(1).Port, options.Value.IsTlsOn);

    /// <summary>The same as it stands in the node's record.</summary>
    public string GrpcEndpoint => Grpc.ToString();

    /// <summary>Where the sidecar and the operator call it.</summary>
    public Uri Http => Bound(0);

    /// <summary>The server lists its addresses in the order in which they were configured: HTTP, then gRPC.</summary>
    private Uri Bound(int at) => new(server.Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(at));
}
