using Microsoft.Extensions.Primitives;
using Ncn.LocalRuntime.Resiliency;
using Ncn.LocalRuntime.Sidecars;

namespace Ncn.LocalRuntime.Invocation;

/// <summary>Service invocation: https://docs.dapr.io/reference/api/service_invocation_api/. Bodies stream in both directions.</summary>
internal sealed class InvocationApi(AppDirectory apps, ResiliencyPolicies policies) : IBuildingBlock
{
    private const int LargestReplayedBody = 1024 * 1024;
    private int turn;

    public Task? Handle(ApiCall call) => call.Segments switch
    {
        ["v1.0", "invoke", var appId, "method", ..] => InvokeAsync(call, appId, call.RawFrom(4)),
        ["v1.0" or "v1.0-alpha1", ..] => null,
        _ when call.Header("dapr-app-id") is { Length: > 0 } appId => InvokeAsync(call, appId, call.RawPathAndQuery),
        _ => null,
    };

    private async Task InvokeAsync(ApiCall call, string target, string path)
    {
        var appId = target.Split('.')[0];
        var policy = policies.ForApp(appId);
        var body = await BodyAsync(call, policy);
        try
        {
            using var response = await PolicyRunner.RunAsync(
                policy with { Timeout = null },
                token => SendAsync(call, appId, path, body, policy.Timeout, token),
                response => IsWorthRetry(policy, (int)response.StatusCode) && body.CanReplay,
                error => error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } || (error is HttpRequestException or TimeoutException && body.CanReplay),
                call.Aborted);
            await AnswerAsync(call, response);
        }
        catch (Exception error) when (error is HttpRequestException or TimeoutException or CircuitOpenException)
        {
            throw new ApiException(500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: {error.Message}", error);
        }
    }

    private static bool IsWorthRetry(TargetPolicy policy, int status) =>
        policy.Retry is { } retry ? retry.Statuses?.Contains(status) ?? status >= 500 : status >= 500;

    /// <summary>The timeout covers the time to the headers: a stream may last as long as it likes.</summary>
    private async Task<HttpResponseMessage> SendAsync(ApiCall call, string appId, string path, InvocationBody body, TimeSpan? timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (timeout is { } longest)
        {
            limit.CancelAfter(longest);
        }

        try
        {
            var app = Choose(appId);
            return await app.Channel.SendAsync(new HttpMethod(call.Method), path, body.ToContent(), request => CopyHeaders(call, appId, request), limit.Token);
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {timeout}", error);
        }
    }

    private AppInstance Choose(string appId)
    {
        var known = apps.All.Where(app => app.AppId == appId).ToList();
        if (known.Count == 0)
        {
            throw new ApiException(500, "ERR_DIRECT_INVOKE", $"failed to invoke, id: {appId}, err: couldn't find service: {appId}");
        }

        var ready = apps.ReadyInstances(appId);
        var candidates = ready.Count > 0 ? ready : known;
        return candidates[(int)((uint)Interlocked.Increment(ref turn) % (uint)candidates.Count)];
    }

    private static async Task<InvocationBody> BodyAsync(ApiCall call, TargetPolicy policy)
    {
        var request = call.Context.Request;
        var hasBody = request.ContentLength > 0 || request.Headers.ContainsKey("Transfer-Encoding");
        return !hasBody ? new InvocationBody(null, [])
            : policy.Retry is not null && request.ContentLength <= LargestReplayedBody ? new InvocationBody(null, await call.ReadBodyAsync())
            : new InvocationBody(request.Body, null);
    }

    private static void CopyHeaders(ApiCall call, string appId, HttpRequestMessage request)
    {
        foreach (var (name, value) in call.Context.Request.Headers.Where(header => HeaderRules.Passes(header.Key)))
        {
            if (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) ? request.Content?.Headers.TryAddWithoutValidation(name, value.ToArray()) == false : !request.Headers.TryAddWithoutValidation(name, value.ToArray()))
            {
                throw new ApiException(400, "ERR_MALFORMED_REQUEST", $"the header {name} cannot be passed on");
            }
        }

        request.Headers.TryAddWithoutValidation("dapr-caller-app-id", call.App.AppId);
        request.Headers.TryAddWithoutValidation("dapr-callee-app-id", appId);
    }

    private static async Task AnswerAsync(ApiCall call, HttpResponseMessage response)
    {
        var target = call.Context.Response;
        target.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(header => HeaderRules.Passes(header.Key)))
        {
            target.Headers[name] = new StringValues([.. values]);
        }

        await using var body = await response.Content.ReadAsStreamAsync(call.Aborted);
        var buffer = new byte[16 * 1024];
        for (int read; (read = await body.ReadAsync(buffer, call.Aborted)) > 0;)
        {
            // Each piece goes out at once, so that server-sent events arrive when they are made.
            await target.Body.WriteAsync(buffer.AsMemory(0, read), call.Aborted);
            await target.Body.FlushAsync(call.Aborted);
        }
    }
}

/// <summary>A request body: bytes that can be sent again, or a stream that cannot.</summary>
internal sealed record InvocationBody(Stream? Stream, byte[]? Bytes)
{
    public bool CanReplay => Stream is null;

    public HttpContent? ToContent() => Stream is not null ? new StreamContent(Stream) : Bytes is { Length: > 0 } ? new ByteArrayContent(Bytes) : null;
}
