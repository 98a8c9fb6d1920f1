using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Ncn.Serving.Calls;
using Ncn.Serving.Streaming.Frames;

namespace Ncn.Serving.Streaming.Calls;

/// <summary>Makes a frame the request that it would have been over HTTP, so that one set of endpoints serves both.</summary>
internal static class FrameCall
{
    /// <summary>The request, whose answer goes to <paramref name="answer"/>.</summary>
    /// <param name="vouchers">The vouchers that the client sends while the request runs.</param>
    /// <param name="gone">Fires when the client cancels or its socket is lost.</param>
    public static HttpContext Open(SocketPeer peer, ClientFrame.Call frame, FrameAnswer answer, IVoucherSource vouchers, CancellationToken gone)
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(Request(peer, frame));
        features.Set<IHttpResponseFeature>(answer);
        features.Set<IHttpResponseBodyFeature>(answer.BodyFeature);
        features.Set<IHttpRequestLifetimeFeature>(new Lifetime(gone));
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature
        {
            ConnectionId = peer.Connection ?? string.Empty,
            RemoteIpAddress = peer.Remote,
            RemotePort = peer.RemotePort,
        });
        features.Set(vouchers);
        return new DefaultHttpContext(features) { RequestServices = peer.Services };
    }

    private static HttpRequestFeature Request(SocketPeer peer, ClientFrame.Call frame)
    {
        var headers = new HeaderDictionary { ["Host"] = peer.Host.Value, ["Content-Type"] = "application/json" };
        headers.ContentLength = frame.Body.Length;
        if (peer.ForwardedFor is { } forwarded)
        {
            headers["X-Forwarded-For"] = forwarded;
        }

        foreach (var (name, value) in frame.Headers)
        {
            headers[name] = value;
        }

        return new HttpRequestFeature
        {
            Protocol = "WebSocket",
            Scheme = peer.Scheme,
            Method = frame.Method,
            PathBase = string.Empty,
            Path = PathString.FromUriComponent(frame.Path).Value!,
            QueryString = frame.Query,
            RawTarget = frame.Path + frame.Query,
            Headers = headers,
            Body = new MemoryStream(frame.Body.ToArray(), writable: false),
        };
    }

    private sealed class Lifetime(CancellationToken gone) : IHttpRequestLifetimeFeature
    {
        private readonly CancellationTokenSource _aborted = CancellationTokenSource.CreateLinkedTokenSource(gone);

        public CancellationToken RequestAborted { get => _aborted.Token; set => throw new NotSupportedException("A frame's request ends with its socket."); }

        public void Abort() => _aborted.Cancel();
    }
}
