using System.Net;
using System.Security.Authentication;
using System.Text.Json;

namespace Dapr.Actors.Communication;

/// <summary>The sidecar's actor API over pooled HTTP/1.1 connections.</summary>
internal sealed class ActorSidecar(HttpMessageHandler handler, string? endpoint, string? apiToken, TimeSpan? timeout)
{
    private static readonly JsonSerializerOptions ErrorJson = new(JsonSerializerDefaults.Web);
    private readonly HttpClient http = CreateClient(handler, timeout);
    private readonly string root = SidecarAddress.Normalise(endpoint) + "/v1.0/actors/";

    /// <summary>Connections that every proxy of the process shares.</summary>
    internal static HttpMessageHandler SharedHandler { get; } = SidecarAddress.CreateHandler();

    internal Uri MethodUri(string actorType, string actorId, string method) => UriOf(actorType, actorId, "method", method);

    internal Uri UriOf(string actorType, string actorId, string area, string? name = null) =>
        new($"{root}{Segment(actorType)}/{Segment(actorId)}/{area}{(name is null ? string.Empty : "/" + Segment(name))}");

    /// <summary>Sends and returns a successful answer; the sidecar's errors are thrown as <see cref="DaprApiException"/>.</summary>
    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrWhiteSpace(apiToken))
        {
            request.Headers.TryAddWithoutValidation(SidecarAddress.TokenHeader, apiToken);
        }
        if (ReentrancyContext.Id is { } reentrancyId)
        {
            request.Headers.TryAddWithoutValidation(Wire.ReentrancyHeaderName, reentrancyId);
        }
        var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }
        using (response)
        {
            throw await FailureOfAsync(response, cancellationToken).ConfigureAwait(false);
        }
    }

    private static HttpClient CreateClient(HttpMessageHandler handler, TimeSpan? timeout)
    {
        var client = new HttpClient(handler, disposeHandler: false);
        if (timeout is { } limit)
        {
            client.Timeout = limit;
        }
        return client;
    }

    private static async Task<Exception> FailureOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return new AuthenticationException("Invalid client credentials");
        }
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (body.Length > 0)
        {
            return ParseError(body);
        }
        return response.StatusCode == HttpStatusCode.NotFound
            ? new DaprApiException("ErrorMessageHTTP404", "ERR_DOES_NOT_EXIST", false)
            : new DaprApiException("ServerErrorNoMeaningFulResponse");
    }

    private static DaprApiException ParseError(byte[] body)
    {
        try
        {
            var error = JsonSerializer.Deserialize<DaprError>(body, ErrorJson);
            return new DaprApiException(error?.Message ?? string.Empty, error?.ErrorCode, false);
        }
        catch (JsonException failure)
        {
            return new DaprApiException("ServerErrorNoMeaningFulResponse", failure);
        }
    }

    // Ids go into the path as they are, as the official client puts them there; one that would change the path is refused.
    private static string Segment(string text)
    {
        if (text is "." or ".." || text.AsSpan().IndexOfAny('/', '?', '#') >= 0)
        {
            throw new ArgumentException($"'{text}' cannot be part of an actor's address: it must not contain '/', '?' or '#'.");
        }
        return text;
    }
}
