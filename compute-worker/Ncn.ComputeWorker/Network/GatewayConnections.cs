using Microsoft.Extensions.Options;
using Ncn.Hosting.Outbound;

namespace Ncn.ComputeWorker.Network;

/// <summary>Connections to gateways: to those that the operator named wherever they are, to those that were found at allowed addresses only.</summary>
internal sealed class GatewayConnections : HttpMessageHandler
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly HashSet<string> _named;
    private readonly HttpMessageInvoker _toNamed = new(new AddressGuard(AddressRules.All).Handler(ConnectTimeout));
    private readonly HttpMessageInvoker _toFound;

    public GatewayConnections(IOptions<WorkerOptions> options)
    {
        _named = [.. options.Value.GatewayUrls.Select(static url => url.Authority)];
        _toFound = new HttpMessageInvoker(new AddressGuard(options.Value.Addresses) { WantsTls = true }.Handler(ConnectTimeout));
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        (_named.Contains(request.RequestUri!.Authority) ? _toNamed : _toFound).SendAsync(request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _toNamed.Dispose();
            _toFound.Dispose();
        }

        base.Dispose(disposing);
    }
}
