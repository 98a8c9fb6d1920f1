using System.Text.Json;

namespace Dapr.Client;

/// <summary>The sidecar's building blocks. Thread-safe; one instance serves a whole process.</summary>
public abstract class DaprClient : IDisposable
{
    private bool disposed;

    /// <summary>Creates the base.</summary>
    protected DaprClient()
    {
    }

    /// <summary>How data and state are written as JSON.</summary>
    public abstract JsonSerializerOptions JsonSerializerOptions { get; }

    /// <summary>A client whose requests go to other apps through the sidecar; without an app id, the host names the app.</summary>
    public static HttpClient CreateInvokeHttpClient(string? appId = null, string? daprEndpoint = null, string? daprApiToken = null)
    {
        var handler = new InvocationHandler
        {
            InnerHandler = SidecarAddress.CreateHandler(),
            ApiToken = daprApiToken ?? DaprDefaults.GetDefaultDaprApiToken(null),
            DefaultAppId = appId,
        };
        if (daprEndpoint is not null)
        {
            handler.DaprEndpoint = daprEndpoint;
        }
        var client = new HttpClient(handler);
        if (appId is not null)
        {
            client.BaseAddress = new Uri($"http://{appId}");
        }
        return client;
    }

    /// <summary>Publishes data as JSON to a topic.</summary>
    public abstract Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default);

    /// <summary>Publishes data as JSON to a topic, with metadata for the broker.</summary>
    public abstract Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, Dictionary<string, string> metadata, CancellationToken cancellationToken = default);

    /// <summary>Publishes an event without data.</summary>
    public abstract Task PublishEventAsync(string pubsubName, string topicName, CancellationToken cancellationToken = default);

    /// <summary>Publishes an event without data, with metadata for the broker.</summary>
    public abstract Task PublishEventAsync(string pubsubName, string topicName, Dictionary<string, string> metadata, CancellationToken cancellationToken = default);

    /// <summary>Calls an output binding and ignores its answer.</summary>
    public abstract Task InvokeBindingAsync<TRequest>(string bindingName, string operation, TRequest data, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Calls an output binding; an empty answer is the default value.</summary>
    public abstract Task<TResponse> InvokeBindingAsync<TRequest, TResponse>(string bindingName, string operation, TRequest data, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Calls an output binding with data that is JSON already.</summary>
    public abstract Task<BindingResponse> InvokeBindingAsync(BindingRequest request, CancellationToken cancellationToken = default);

    /// <summary>Creates a POST request to a method of an app.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest(string appId, string methodName) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName);

    /// <summary>Creates a request to a method of an app.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName);

    /// <summary>Creates a POST request to a method of an app, with a JSON body.</summary>
    public HttpRequestMessage CreateInvokeMethodRequest<TRequest>(string appId, string methodName, TRequest data) =>
        CreateInvokeMethodRequest(HttpMethod.Post, appId, methodName, [], data);

    /// <summary>Creates a request to a method of an app, with a query and a JSON body.</summary>
    public abstract HttpRequestMessage CreateInvokeMethodRequest<TRequest>(HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters, TRequest data);

    /// <summary>Sends a request that was created here; does not throw on an error status.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public abstract Task<HttpResponseMessage> InvokeMethodWithResponseAsync(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Sends a request that was created here; an error status throws <see cref="InvocationException"/>.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public abstract Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Sends a request that was created here and reads the JSON answer.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public abstract Task<TResponse> InvokeMethodAsync<TResponse>(HttpRequestMessage request, CancellationToken cancellationToken = default);

    /// <summary>Posts to a method of an app.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public Task InvokeMethodAsync(string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(appId, methodName), cancellationToken);

    /// <summary>Calls a method of an app.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public Task InvokeMethodAsync(HttpMethod httpMethod, string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(httpMethod, appId, methodName), cancellationToken);

    /// <summary>Posts JSON to a method of an app.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public Task InvokeMethodAsync<TRequest>(string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync(CreateInvokeMethodRequest(appId, methodName, data), cancellationToken);

    /// <summary>Posts to a method of an app and reads the JSON answer.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public Task<TResponse> InvokeMethodAsync<TResponse>(string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(appId, methodName), cancellationToken);

    /// <summary>Calls a method of an app and reads the JSON answer.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public Task<TResponse> InvokeMethodAsync<TResponse>(HttpMethod httpMethod, string appId, string methodName, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(httpMethod, appId, methodName), cancellationToken);

    /// <summary>Posts JSON to a method of an app and reads the JSON answer.</summary>
    [Obsolete("Recommended guidance is to use a native HTTP or gRPC client for service invocation")]
    public Task<TResponse> InvokeMethodAsync<TRequest, TResponse>(string appId, string methodName, TRequest data, CancellationToken cancellationToken = default) =>
        InvokeMethodAsync<TResponse>(CreateInvokeMethodRequest(appId, methodName, data), cancellationToken);

    /// <summary>Whether the sidecar answers and its components are up.</summary>
    public abstract Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>Whether the sidecar answers and its components are up, its app aside.</summary>
    public abstract Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns when the sidecar is up, asking every 500 ms; only the token ends it earlier.</summary>
    public abstract Task WaitForSidecarAsync(CancellationToken cancellationToken = default);

    /// <summary>Reads a state value; a missing key is the default value.</summary>
    public abstract Task<TValue> GetStateAsync<TValue>(string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Reads a state value and its ETag; a missing key is the default value and an empty ETag.</summary>
    public abstract Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Writes a state value.</summary>
    public abstract Task SaveStateAsync<TValue>(string storeName, string key, TValue value, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Writes a state value if its ETag still is the given one; false means that it is not.</summary>
    public abstract Task<bool> TrySaveStateAsync<TValue>(string storeName, string key, TValue value, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Does all operations or none.</summary>
    public abstract Task ExecuteStateTransactionAsync(string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Removes a state value.</summary>
    public abstract Task DeleteStateAsync(string storeName, string key, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Removes a state value if its ETag still is the given one; false means that it is not.</summary>
    public abstract Task<bool> TryDeleteStateAsync(string storeName, string key, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Reads one secret: its parts by name.</summary>
    public abstract Task<Dictionary<string, string>> GetSecretAsync(string storeName, string key, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <summary>Reads every secret of a store that the app may see.</summary>
    public abstract Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(string storeName, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!disposed)
        {
            Dispose(disposing: true);
            disposed = true;
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the connections.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
