using System.Net;
using System.Text.Json;
using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Network;

/// <summary>A gateway answered with an error, or with something that is no answer.</summary>
public sealed class GatewayException(string message, HttpStatusCode? status = null) : Exception(message)
{
    /// <summary>The HTTP status; null when there was none.</summary>
    public HttpStatusCode? Status { get; } = status;
}

/// <summary>The calls that a gateway offers to nodes (ARCHITECTURE.md, "Wiring").</summary>
internal sealed class GatewayClient(HttpClient http)
{
    private const int ErrorCharacters = 500;

    public Task<SubnetView> SubnetAsync(Uri gateway, CancellationToken cancellationToken) =>
        CallAsync<SubnetView>(HttpMethod.Get, gateway, "ncn/v1/subnet", null, cancellationToken);

    public Task<NodeResult> JoinAsync(Uri gateway, Signed<NodeRecord> record, CancellationToken cancellationToken) =>
        CallAsync<NodeResult>(HttpMethod.Post, gateway, "ncn/v1/nodes/join", record, cancellationToken);

    public Task<NodeResult> HeartbeatAsync(Uri gateway, Signed<NodeHeartbeat> heartbeat, CancellationToken cancellationToken) =>
        CallAsync<NodeResult>(HttpMethod.Post, gateway, "ncn/v1/nodes/heartbeat", heartbeat, cancellationToken);

    public Task<NodeResult> LeaveAsync(Uri gateway, Signed<NodeLeave> leave, CancellationToken cancellationToken) =>
        CallAsync<NodeResult>(HttpMethod.Post, gateway, "ncn/v1/nodes/leave", leave, cancellationToken);

    public Task<AcceptedJob> AcceptAsync(Uri gateway, Signed<JobAccept> accept, CancellationToken cancellationToken) =>
        CallAsync<AcceptedJob>(HttpMethod.Post, gateway, $"ncn/v1/jobs/{accept.Message.RequestId}/accept", accept, cancellationToken);

    public Task<RenewedLease> RenewAsync(Uri gateway, Signed<JobAccept> accept, CancellationToken cancellationToken) =>
        CallAsync<RenewedLease>(HttpMethod.Post, gateway, $"ncn/v1/jobs/{accept.Message.RequestId}/renew", accept, cancellationToken);

    /// <summary>Gives a job back that this node does not run.</summary>
    public Task DeclineAsync(Uri gateway, Signed<JobAccept> accept, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, gateway, $"ncn/v1/jobs/{accept.Message.RequestId}/decline", accept, cancellationToken);

    public Task ResultAsync(Uri gateway, JobResult result, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, gateway, $"ncn/v1/jobs/{result.Accept.Message.RequestId}/result", result, cancellationToken);

    /// <summary>Proves a running total that the gateway missed.</summary>
    public Task ProveAsync(Uri gateway, Signed<Receipt> receipt, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, gateway, "ncn/v1/nodes/receipt", receipt, cancellationToken);

    public Task RejectAsync(Uri gateway, JobRejection rejection, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, gateway, $"ncn/v1/jobs/{rejection.Accept.Message.RequestId}/reject", rejection, cancellationToken);

    private async Task<T> CallAsync<T>(HttpMethod method, Uri gateway, string path, object? body, CancellationToken cancellationToken)
        where T : class
    {
        byte[] answer = await SendAsync(method, gateway, path, body, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize<T>(answer, ProtocolJson.Options) ?? throw new GatewayException($"{gateway}{path} answered null.");
        }
        catch (JsonException exception)
        {
            throw new GatewayException($"{gateway}{path} answered what is no {typeof(T).Name}: {exception.Message}");
        }
    }

    /// <summary>422 carries a <see cref="NodeResult"/> that says no, so it is an answer like any other.</summary>
    private async Task<byte[]> SendAsync(HttpMethod method, Uri gateway, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(gateway, path));
        request.Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: ProtocolJson.Options);
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, cancellationToken);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.IsSuccessStatusCode || (response.StatusCode == HttpStatusCode.UnprocessableEntity && path.StartsWith("ncn/v1/nodes/", StringComparison.Ordinal))
                ? answer
                : throw new GatewayException($"{gateway}{path} answered {(int)response.StatusCode}: {Shown(answer)}", response.StatusCode);
        }
        catch (HttpRequestException exception)
        {
            throw new GatewayException($"{gateway}{path} cannot be reached: {exception.Message}");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new GatewayException($"{gateway}{path} did not answer within {http.Timeout.TotalSeconds:0} s.");
        }
    }

    private static string Shown(byte[] answer)
    {
        string text = System.Text.Encoding.UTF8.GetString(answer);
        return text.Length <= ErrorCharacters ? text : text[..ErrorCharacters] + "…";
    }
}
