using System.Text.Json;

namespace Dapr.Client;

/// <summary>The client on Dapr's documented HTTP API: publishing, bindings, secrets and health; see the partial files for the rest.</summary>
internal sealed partial class DaprClientHttp(SidecarConnection sidecar, JsonSerializerOptions json) : DaprClient
{
    private static readonly TimeSpan HealthPollInterval = TimeSpan.FromMilliseconds(500);

    public override JsonSerializerOptions JsonSerializerOptions => json;

    public override Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, Event(data), null, cancellationToken);

    public override Task PublishEventAsync<TData>(string pubsubName, string topicName, TData data, Dictionary<string, string> metadata, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return PublishAsync(pubsubName, topicName, Event(data), metadata, cancellationToken);
    }

    public override Task PublishEventAsync(string pubsubName, string topicName, CancellationToken cancellationToken = default) =>
        PublishAsync(pubsubName, topicName, null, null, cancellationToken);

    public override Task PublishEventAsync(string pubsubName, string topicName, Dictionary<string, string> metadata, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return PublishAsync(pubsubName, topicName, null, metadata, cancellationToken);
    }

    public override async Task InvokeBindingAsync<TRequest>(string bindingName, string operation, TRequest data, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        using var response = await BindAsync(bindingName, operation, writer => JsonSerializer.Serialize(writer, data, json), metadata, cancellationToken).ConfigureAwait(false);
    }

    public override async Task<TResponse> InvokeBindingAsync<TRequest, TResponse>(string bindingName, string operation, TRequest data, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default)
    {
        using var response = await BindAsync(bindingName, operation, writer => JsonSerializer.Serialize(writer, data, json), metadata, cancellationToken).ConfigureAwait(false);
        return Parse<TResponse>(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
    }

    public override async Task<BindingResponse> InvokeBindingAsync(BindingRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Action<Utf8JsonWriter>? writeData = request.Data.IsEmpty ? null : writer => writer.WriteRawValue(request.Data.Span);
        using var response = await BindAsync(request.BindingName, request.Operation, writeData, request.Metadata, cancellationToken).ConfigureAwait(false);
        var data = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return new BindingResponse(request, data, MetadataOf(response));
    }

    public override async Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) =>
        await IsHealthyAsync("/v1.0/healthz", cancellationToken).ConfigureAwait(false);

    public override async Task<bool> CheckOutboundHealthAsync(CancellationToken cancellationToken = default) =>
        await IsHealthyAsync("/v1.0/healthz/outbound", cancellationToken).ConfigureAwait(false);

    public override async Task WaitForSidecarAsync(CancellationToken cancellationToken = default)
    {
        while (!await CheckOutboundHealthAsync(cancellationToken).ConfigureAwait(false))
        {
            await Task.Delay(HealthPollInterval, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task<Dictionary<string, string>> GetSecretAsync(string storeName, string key, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        await ReadSecretsAsync<Dictionary<string, string>>(storeName, Escape(key), metadata, cancellationToken).ConfigureAwait(false);

    public override async Task<Dictionary<string, Dictionary<string, string>>> GetBulkSecretAsync(string storeName, IReadOnlyDictionary<string, string>? metadata = null, CancellationToken cancellationToken = default) =>
        await ReadSecretsAsync<Dictionary<string, Dictionary<string, string>>>(storeName, "bulk", metadata, cancellationToken).ConfigureAwait(false);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            sidecar.Dispose();
        }
        base.Dispose(disposing);
    }

    private static string Escape(string segment)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(segment);
        return Uri.EscapeDataString(segment);
    }

    private HttpContent Event<TData>(TData data) => SidecarConnection.Json(
        JsonSerializer.SerializeToUtf8Bytes(data, json),
        data is CloudEvent ? "application/cloudevents+json" : "application/json");

    private async Task PublishAsync(string pubsubName, string topicName, HttpContent? content, Dictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        var path = $"/v1.0/publish/{Escape(pubsubName)}/{Escape(topicName)}{SidecarConnection.Query(metadata)}";
        using var response = await sidecar.CallAsync("Publish", HttpMethod.Post, path, content, cancellationToken).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> BindAsync(string bindingName, string operation, Action<Utf8JsonWriter>? writeData, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(operation);
        var body = SidecarConnection.Json(StateBody.Binding(operation, writeData, metadata));
        return sidecar.CallAsync("Binding", HttpMethod.Post, "/v1.0/bindings/" + Escape(bindingName), body, cancellationToken);
    }

    private static Dictionary<string, string> MetadataOf(HttpResponseMessage response)
    {
        const string prefix = "Metadata.";
        return response.Headers
            .Where(header => header.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key[prefix.Length..], header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
    }

    private async Task<bool> IsHealthyAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(sidecar.Endpoint + path));
            using var response = await sidecar.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // No sidecar there yet: that is the answer to the question.
        }
    }

    private async Task<T> ReadSecretsAsync<T>(string storeName, string key, IReadOnlyDictionary<string, string>? metadata, CancellationToken cancellationToken)
        where T : new()
    {
        var path = $"/v1.0/secrets/{Escape(storeName)}/{key}{SidecarConnection.Query(metadata)}";
        using var response = await sidecar.CallAsync("Secret", HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return Parse<T>(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)) ?? new T();
    }

    private T Parse<T>(byte[] utf8) => utf8.Length == 0 ? default! : JsonSerializer.Deserialize<T>(utf8, json)!;
}
