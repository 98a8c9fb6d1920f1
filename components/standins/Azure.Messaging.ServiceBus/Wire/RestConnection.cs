using System.Net;

namespace Azure.Messaging.ServiceBus;

/// <summary>One request, made anew for each attempt. ServerWait is how long the service was asked to wait for a message.</summary>
internal sealed record RestCall(HttpMethod Method, string EntityPath, string Path)
{
    public Func<HttpContent?> Content { get; init; } = () => null;

    public Action<HttpRequestMessage> Prepare { get; init; } = _ => { };

    public TimeSpan ServerWait { get; init; }

    /// <summary>True for a call about one locked message.</summary>
    public bool IsAboutLock { get; init; }
}

/// <summary>Calls of the Service Bus REST API, with signatures, retries and errors: https://learn.microsoft.com/rest/api/servicebus/service-bus-runtime-rest.</summary>
internal sealed class RestConnection : IDisposable
{
    private readonly HttpClient client;
    private readonly IAuthorization authorization;
    private readonly ServiceBusRetryOptions retry;
    private readonly string? onlyEntity;

    public RestConnection(Uri serviceNamespace, IAuthorization authorization, ServiceBusRetryOptions? retry, string? onlyEntity)
    {
        (Namespace, this.authorization, this.retry, this.onlyEntity) = (serviceNamespace, authorization, retry ?? new ServiceBusRetryOptions(), onlyEntity);
        client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(10), UseCookies = false, AllowAutoRedirect = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Uri Namespace { get; }

    /// <exception cref="ArgumentException">The connection string names another entity.</exception>
    public string CheckEntity(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return onlyEntity is null || string.Equals(onlyEntity, name, StringComparison.OrdinalIgnoreCase)
            ? name
            : throw new ArgumentException($"The connection string is for '{onlyEntity}', not for '{name}'.", nameof(name));
    }

    /// <summary>Carries out the call, again after errors that may pass.</summary>
    /// <exception cref="ServiceBusException">The service refused it, or could not be reached in all attempts.</exception>
    /// <exception cref="UnauthorizedAccessException">The key or the token does not allow it.</exception>
    public async Task<HttpResponseMessage> SendAsync(RestCall call, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(call, cancellationToken).ConfigureAwait(false);
            }
            catch (ServiceBusException error) when (error.IsTransient && attempt <= retry.MaxRetries)
            {
                await Task.Delay(retry.DelayBefore(attempt), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<HttpResponseMessage> TryAsync(RestCall call, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(retry.TryTimeout + call.ServerWait);
        try
        {
            using var request = new HttpRequestMessage(call.Method, new Uri(Namespace, call.Path)) { Content = call.Content() };
            request.Headers.TryAddWithoutValidation("Authorization", await authorization.GetAsync(limit.Token).ConfigureAwait(false));
            call.Prepare(request);
            var response = await client.SendAsync(request, limit.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? response : throw await RefusedAsync(call, response).ConfigureAwait(false);
        }
        catch (HttpRequestException error)
        {
            throw new ServiceBusException(
                $"Service Bus at {Namespace.Authority} cannot be reached: {error.Message}", ServiceBusFailureReason.ServiceCommunicationProblem, call.EntityPath, error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServiceBusException(
                $"Service Bus at {Namespace.Authority} did not answer in time.", ServiceBusFailureReason.ServiceTimeout, call.EntityPath, error);
        }
    }

    private static async Task<Exception> RefusedAsync(RestCall call, HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
            var message = $"Service Bus answered {(int)response.StatusCode}: {(text.Length > 500 ? text[..500] : text)}";
            return response.StatusCode == HttpStatusCode.Unauthorized
                ? new UnauthorizedAccessException(message)
                : new ServiceBusException(message, Reason(call, response.StatusCode), call.EntityPath);
        }
    }

    private static ServiceBusFailureReason Reason(RestCall call, HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Gone => call.IsAboutLock ? ServiceBusFailureReason.MessageLockLost : ServiceBusFailureReason.MessagingEntityNotFound,
        HttpStatusCode.Forbidden => ServiceBusFailureReason.QuotaExceeded,
        HttpStatusCode.RequestEntityTooLarge => ServiceBusFailureReason.MessageSizeExceeded,
        HttpStatusCode.RequestTimeout or HttpStatusCode.GatewayTimeout => ServiceBusFailureReason.ServiceTimeout,
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => ServiceBusFailureReason.ServiceBusy,
        >= HttpStatusCode.InternalServerError => ServiceBusFailureReason.ServiceCommunicationProblem,
        _ => ServiceBusFailureReason.GeneralError,
    };
}
