using System.Net;

namespace Dapr.Client;

internal sealed partial class DaprClientHttp
{
    private const string StateArea = "State";

    public override async Task<TValue> GetStateAsync<TValue>(string storeName, string key, ConsistencyMode? consistencyMode = default, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        (await GetStateAndETagAsync<TValue>(storeName, key, consistencyMode, metadata, cancellationToken).ConfigureAwait(false)).value;

    public override async Task<(TValue value, string etag)> GetStateAndETagAsync<TValue>(string storeName, string key, ConsistencyMode? consistencyMode = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        var path = $"{StatePath(storeName, key)}{SidecarConnection.Query(metadata, ("consistency", StateBody.ConsistencyText(consistencyMode)))}";
        using var response = await sidecar.CallAsync(StateArea, HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        // Read unvalidated: a sidecar's ETag need not be the quoted form that HTTP asks for.
        var etag = response.Headers.NonValidated.TryGetValues("ETag", out var values) ? values.ToString() : string.Empty;
        return (Parse<TValue>(body), etag);
    }

    public override async Task SaveStateAsync<TValue>(string storeName, string key, TValue value, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        using var response = await SaveAsync(storeName, key, value, null, stateOptions, metadata, null, cancellationToken).ConfigureAwait(false);
    }

    public override async Task<bool> TrySaveStateAsync<TValue>(string storeName, string key, TValue value, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        using var response = await SaveAsync(storeName, key, value, etag, stateOptions, metadata, HttpStatusCode.Conflict, cancellationToken).ConfigureAwait(false);
        return response.IsSuccessStatusCode;
    }

    public override async Task ExecuteStateTransactionAsync(string storeName, IReadOnlyList<StateTransactionRequest> operations, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operations);
        ArgumentOutOfRangeException.ThrowIfZero(operations.Count);
        var body = SidecarConnection.Json(StateBody.Transaction(operations, metadata));
        using var response = await sidecar.CallAsync(StateArea, HttpMethod.Post, StatePath(storeName, "transaction"), body, cancellationToken).ConfigureAwait(false);
    }

    public override async Task DeleteStateAsync(string storeName, string key, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        using var response = await DeleteAsync(storeName, key, null, stateOptions, metadata, null, cancellationToken).ConfigureAwait(false);
    }

    public override async Task<bool> TryDeleteStateAsync(string storeName, string key, string etag, StateOptions? stateOptions = null, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(etag);
        using var response = await DeleteAsync(storeName, key, etag, stateOptions, metadata, HttpStatusCode.Conflict, cancellationToken).ConfigureAwait(false);
        return response.IsSuccessStatusCode;
    }

    private static string StatePath(string storeName, string key) => $"/v1.0/state/{Escape(storeName)}/{Escape(key)}";

    private Task<HttpResponseMessage> SaveAsync<TValue>(string storeName, string key, TValue value, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata, HttpStatusCode? tolerated, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        var body = SidecarConnection.Json(StateBody.Save(key, value, etag, options, metadata, json));
        return sidecar.CallAsync(StateArea, HttpMethod.Post, "/v1.0/state/" + Escape(storeName), body, cancellationToken, tolerated: tolerated);
    }

    private Task<HttpResponseMessage> DeleteAsync(string storeName, string key, string? etag, StateOptions? options, IReadOnlyDictionary<string, string>? metadata, HttpStatusCode? tolerated, CancellationToken cancellationToken)
    {
        var query = SidecarConnection.Query(metadata, ("concurrency", StateBody.ConcurrencyText(options)), ("consistency", StateBody.ConsistencyText(options?.Consistency)));
        return sidecar.CallAsync(StateArea, HttpMethod.Delete, StatePath(storeName, key) + query, null, cancellationToken, ifMatch: etag, tolerated: tolerated);
    }
}
