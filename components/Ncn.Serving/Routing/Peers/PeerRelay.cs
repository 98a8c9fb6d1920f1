using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Passes a request for a model that this subnet lacks to the gateway that has it, byte for byte, and its answer back as it comes.</summary>
/// <remarks>
/// The client pays the peer: payment headers and challenges pass through untouched. One hop only: what a gateway passed on carries
/// <see cref="ForwardedHeader"/>, and is passed on no further. Only configured peers are called.
/// </remarks>
public sealed class PeerRelay(PeerModels models, PeerConnections connections, GatewayIdentity identity, ILogger<PeerRelay> log)
{
    /// <summary>Names the gateway that passed the request on.</summary>
    public const string ForwardedHeader = "NCN-Forwarded-By";

    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "Host", "Content-Length", "Expect", "HTTP2-Settings",
    };

    /// <summary>Answers a refused request by a peer where one can; returns the error to answer with where none can.</summary>
    internal static async Task<ApiError?> AnswerAsync(HttpContext http, ApiError refusal) =>
        refusal.Model is { } model && !http.Request.Headers.ContainsKey(ForwardedHeader) && http.RequestServices?.GetService<PeerRelay>() is { } relay
            && await relay.PeerOfAsync(model, http) is { } peer
            ? await relay.RelayAsync(http, peer)
            : refusal;

    private async Task<Uri?> PeerOfAsync(string model, HttpContext http) => await models.FindAsync(model, http.RequestAborted);

    private async Task<ApiError?> RelayAsync(HttpContext http, Uri peer)
    {
        HttpResponseMessage answer;
        try
        {
            using var request = RequestFor(http, peer);
            answer = await connections.SendAsync(request, http.RequestAborted);
        }
        catch (HttpRequestException unreachable)
        {
            log.LogWarning("The peer gateway {Peer} did not take a request: {Reason}", peer, unreachable.Message);
            return new ApiError(502, "peer_unreachable", "The gateway that serves this model cannot be reached now; nothing was charged, repeat it in a moment.") { RetryAfterSeconds = 2 };
        }

        using (answer)
        {
            await CopyAsync(answer, http);
        }

        return null;
    }

    private HttpRequestMessage RequestFor(HttpContext http, Uri peer)
    {
        var target = new Uri(peer, UriHelper.BuildRelative(path: http.Request.Path, query: http.Request.QueryString));
        var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), target);
        if (RequestBody.Of(http) is { Length: > 0 } body)
        {
            request.Content = new ByteArrayContent(body);
        }

        foreach (var (name, values) in http.Request.Headers)
        {
            if (!HopByHop.Contains(name) && !request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        request.Headers.TryAddWithoutValidation(ForwardedHeader, identity.Address.ToString());
        return request;
    }

    // Each piece goes on as it comes. When the peer breaks off, so does this answer: half of one must not look whole.
    private async Task CopyAsync(HttpResponseMessage answer, HttpContext http)
    {
        http.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            if (!HopByHop.Contains(name))
            {
                http.Response.Headers[name] = values.ToArray();
            }
        }

        http.Response.ContentLength = answer.Content.Headers.ContentLength;
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            await using var pieces = await answer.Content.ReadAsStreamAsync(http.RequestAborted);
            var buffer = new byte[16 * 1024];
            for (var read = await pieces.ReadAsync(buffer, http.RequestAborted); read > 0; read = await pieces.ReadAsync(buffer, http.RequestAborted))
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            log.LogWarning("A peer gateway broke an answer off: {Reason}", broken.Message);
            http.Abort();
        }
    }
}
