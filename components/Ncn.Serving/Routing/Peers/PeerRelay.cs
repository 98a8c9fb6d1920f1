using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Ncn.Payments.X402;
using Ncn.Protocol;
using Ncn.Serving.Hosting;

namespace Ncn.Serving.Routing.Peers;

/// <summary>Passes a request that no node here takes to a gateway that has the model, byte for byte, and its answer back as it comes.</summary>
/// <remarks>
/// The client pays the peer: payment headers and challenges pass through untouched, and a request that pays somebody goes there first. One hop only:
/// what a gateway passed on carries <see cref="ForwardedHeader"/>, and is passed on no further.
/// </remarks>
public sealed class PeerRelay(PeerDirectory directory, PeerConnections connections, GatewayIdentity identity, ILogger<PeerRelay> log)
{
    /// <summary>Names the gateway that passed the request on.</summary>
    public const string ForwardedHeader = "NCN-Forwarded-By";

    private const int MaxTries = 4;
    private const int PieceBytes = 16 * 1024;

    private static readonly HashSet<string> HopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
        "Host", "Content-Length", "Expect", "HTTP2-Settings",
    };

    /// <summary>
    /// Passes a request on at once whose model no node here is known to have, before it is priced and refused for that; false when no peer has it
    /// either, and it goes its usual way.
    /// </summary>
    /// <param name="modelNotFound">What the client hears when no peer takes it either.</param>
    internal static async ValueTask<bool> PassAsync(HttpContext http, ApiError modelNotFound, Func<HttpContext, ApiError, Task> writeError)
    {
        if (modelNotFound.Model is not { } model || http.Request.Headers.ContainsKey(ForwardedHeader)
            || http.RequestServices?.GetService<PeerRelay>() is not { } relay)
        {
            return false;
        }

        var peers = await relay.FindAsync(http, model);
        if (peers.Count == 0)
        {
            return false;
        }

        if (await relay.RelayAsync(http, modelNotFound, [.. peers.Take(MaxTries)]) is { } error)
        {
            await writeError(http, error);
        }

        return true;
    }

    /// <summary>Answers a refused request by a peer where one can; returns the error to answer with where none can.</summary>
    internal static async Task<ApiError?> AnswerAsync(HttpContext http, ApiError refusal) =>
        refusal.Model is { } model && !http.Request.Headers.ContainsKey(ForwardedHeader) && http.RequestServices?.GetService<PeerRelay>() is { } relay
            ? await relay.TryAsync(http, refusal, model)
            : refusal;

    private ValueTask<IReadOnlyList<Peer>> FindAsync(HttpContext http, string model) => directory.FindAsync(model, PayeeOf(http), http.RequestAborted);

    private async Task<ApiError?> TryAsync(HttpContext http, ApiError refusal, string model)
    {
        var payee = PayeeOf(http);
        if (refusal.Code == ApiError.NoCapacity && payee is not null)
        {
            // It pays this gateway, which has the model: a peer would only ask to be paid instead.
            return refusal;
        }

        var peers = await directory.FindAsync(model, payee, http.RequestAborted);
        return peers.Count == 0 ? refusal : await RelayAsync(http, refusal, [.. peers.Take(MaxTries)]);
    }

    /// <summary>1. The best peer is asked. 2. Where it is missed, or does not take the request on, the next is, as long as the client has seen nothing.</summary>
    private async Task<ApiError?> RelayAsync(HttpContext http, ApiError refusal, Peer[] peers)
    {
        HttpResponseMessage? kept = null;
        try
        {
            foreach (var peer in peers)
            {
                using var flight = peer.Begin();
                var answer = await AskAsync(http, peer, isLast: peer == peers[^1]);
                if (answer is not null && !IsRefusal(answer))
                {
                    peer.Note(static health => health.Took());
                    using (answer)
                    {
                        await CopyAsync(answer, http);
                    }

                    return null;
                }

                if (answer is not null)
                {
                    peer.Note(static health => health.Refused());
                    kept?.Dispose();
                    kept = answer;
                }
            }

            return await GiveUpAsync(http, refusal, kept);
        }
        finally
        {
            kept?.Dispose();
        }
    }

    // Nobody took it: what this gateway itself found when it has the model, else what a peer said last.
    private async Task<ApiError?> GiveUpAsync(HttpContext http, ApiError refusal, HttpResponseMessage? kept)
    {
        if (refusal.Code == ApiError.NoCapacity || kept?.StatusCode == HttpStatusCode.NotFound)
        {
            return refusal;
        }

        if (kept is null)
        {
            return new ApiError(502, "peer_unreachable", "The gateways that serve this model cannot be reached now; nothing was charged, repeat it in a moment.") { RetryAfterSeconds = 2 };
        }

        await CopyAsync(kept, http);
        return null;
    }

    /// <summary>The head of a peer's answer; null when it could not be had, or not in the time in which the peer was found to be gone.</summary>
    private async Task<HttpResponseMessage?> AskAsync(HttpContext http, Peer peer, bool isLast)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, isLast || peer.Health.IsDown ? CancellationToken.None : peer.Down);
        try
        {
            using var request = RequestFor(http, peer.Url);
            return await connections.SendAsync(peer.Address, request, patience.Token);
        }
        catch (Exception unreachable) when (!http.RequestAborted.IsCancellationRequested && unreachable is HttpRequestException or OperationCanceledException)
        {
            peer.Note(static health => health.Missed());
            log.LogWarning("The peer gateway {Peer} did not take a request: {Reason}", peer.Url, unreachable.Message);
            return null;
        }
    }

    private static bool IsRefusal(HttpResponseMessage answer) => answer.StatusCode
        is HttpStatusCode.NotFound or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>Whom the request's payment goes to, as it says itself: a hint to send it there, which nobody relies on.</summary>
    private static Address? PayeeOf(HttpContext http)
    {
        var headers = http.Request.Headers;
        return (headers[X402Header.Signature].FirstOrDefault() ?? headers[X402Header.SignatureV1].FirstOrDefault()) is { } header
            && X402Header.Unwrap(header, out _) is { } json
            ? IncomingPayment.Parse(json, out _) switch
            {
                IncomingPayment.Batch batch => batch.Payload.ChannelConfig.Receiver,
                IncomingPayment.Exact exact => exact.Payload.Authorization.To,
                _ => null,
            }
            : null;
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
            using var rented = MemoryPool<byte>.Shared.Rent(PieceBytes);
            var buffer = rented.Memory;
            await using var pieces = await answer.Content.ReadAsStreamAsync(http.RequestAborted);
            for (var read = await pieces.ReadAsync(buffer, http.RequestAborted); read > 0; read = await pieces.ReadAsync(buffer, http.RequestAborted))
            {
                await http.Response.Body.WriteAsync(buffer[..read], http.RequestAborted);
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
