using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Ncn.Serving.Fairness;

namespace Ncn.Serving.Hosting;

/// <summary>
/// The web server's limits, where it is this process that clients connect to. What they refuse is no request yet: the answer is a bare
/// status (400, 408, 414, 431), or the connection ends.
/// </summary>
internal sealed class ServerLimits(IOptions<AdmissionOptions> admission, IOptions<GatewayOptions> gateway) : IConfigureOptions<KestrelServerOptions>
{
    private const int MaxHeaders = 100;
    private const int MaxHeaderBytes = 32 * 1024;
    private const int MaxRequestLineBytes = 8 * 1024;
    private const int MaxBufferBytes = 64 * 1024;
    private const long MinServerBodyBytes = 64L * 1024 * 1024;
    private const int MaxStreamsPerConnection = 128;

    public void Configure(KestrelServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        // A header line that ends without a carriage return is two lines to one server and one to another (RFC 9112, section 2.2).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        var (limits, wanted) = (options.Limits, admission.Value);
        options.AddServerHeader = false;
        limits.MaxConcurrentConnections = wanted.MaxConnections;
        limits.MaxConcurrentUpgradedConnections = wanted.MaxConnections;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(wanted.HeaderSeconds);
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        limits.MaxRequestLineSize = MaxRequestLineBytes;
        limits.MaxRequestBufferSize = MaxBufferBytes;
        limits.MaxResponseBufferSize = MaxBufferBytes;
        limits.Http2.MaxStreamsPerConnection = MaxStreamsPerConnection;

        // Endpoints say more clearly what is wrong with a body, so they come first; this is for bodies that no endpoint reads.
        limits.MaxRequestBodySize = Math.Max(MinServerBodyBytes, gateway.Value.MaxBodyBytes + 1L);
        limits.MinRequestBodyDataRate = new MinDataRate(Math.Max(1, wanted.BodyBytesPerSecond / 2), TimeSpan.FromSeconds(wanted.BodyGraceSeconds * 2));
    }
}
