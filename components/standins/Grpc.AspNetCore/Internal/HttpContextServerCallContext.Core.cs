using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What a server method sees of its call.</summary>
internal sealed partial class HttpContextServerCallContext
{
    private Metadata? requestHeaders;
    private Metadata? responseTrailers;
    private AuthContext? authContext;
    private bool headersSent;

    protected override string MethodCore => httpContext.Request.Path.Value!;

    protected override string HostCore => httpContext.Request.Host.Value ?? "";

    protected override string PeerCore => httpContext.Connection.RemoteIpAddress is { } address
        ? string.Create(CultureInfo.InvariantCulture, $"{Family(address)}:{new IPEndPoint(address, httpContext.Connection.RemotePort)}")
        : "unknown";

    protected override DateTime DeadlineCore => deadline?.Time ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => requestHeaders ??= ReadRequestHeaders();

    protected override CancellationToken CancellationTokenCore => deadline?.Token ?? httpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore => responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => authContext ??= PeerCertificate.ToAuthContext(httpContext.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => httpContext.Items!;

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        if (headersSent || httpContext.Response.HasStarted)
        {
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        }
        headersSent = true;
        WireResponse.AddMetadata(httpContext.Response.Headers, responseHeaders);
        return httpContext.Response.BodyWriter.FlushAsync().AsTask();
    }

    /// <summary>The official server over HTTP/2 cannot make one either.</summary>
    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("A propagation token cannot be made over HTTP/2: pass the deadline and the cancellation token on instead.");

    private static string Family(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? "ipv4" : "ipv6";

    private Metadata ReadRequestHeaders()
    {
        var metadata = new Metadata();
        foreach (var header in httpContext.Request.Headers)
        {
            foreach (var value in header.Value)
            {
                WireMetadata.Add(metadata, header.Key, value ?? "");
            }
        }
        return metadata;
    }
}
