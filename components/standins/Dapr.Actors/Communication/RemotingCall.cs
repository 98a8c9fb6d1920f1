using System.Net.Http.Headers;
using System.Text.Json;

namespace Dapr.Actors.Communication;

/// <summary>One call of an actor method over the sidecar, with typed arguments and remoting headers.</summary>
internal sealed class RemotingCall(ActorSidecar sidecar, RequestHeader header, byte[]? body, JsonSerializerOptions json, CancellationToken cancellationToken)
{
    private static readonly MediaTypeHeaderValue BodyType = new("application/octet-stream") { CharSet = "utf-8" };

    internal JsonSerializerOptions Json => json;

    /// <summary>Sends the call and returns the body of the answer; what the actor threw is thrown here.</summary>
    internal async Task<byte[]> SendAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, sidecar.MethodUri(header.ActorType!, header.ActorId!.GetId(), header.MethodName!));
        request.Headers.TryAddWithoutValidation(Wire.RequestHeaderName, header.ToXml());
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = BodyType } };
        }
        using var response = await sidecar.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        if (response.Headers.TryGetValues(Wire.ErrorHeaderName, out var errors))
        {
            var detail = ErrorHeader.ParseDetail(string.Concat(errors));
            throw new ActorMethodInvocationException("Remote Actor Method Exception,  DETAILS: " + detail, ActorInvokeExceptionData.Parse(answer), false);
        }
        return answer;
    }
}
