using System.Net.Http.Headers;
using System.Text.Json;

namespace Dapr.Client;

internal sealed partial class DaprClientHttp
{
    private static readonly HttpRequestOptionsKey<string> AppIdKey = new("appId");
    private static readonly HttpRequestOptionsKey<string> MethodNameKey = new("methodName");

    public override HttpRequestMessage CreateInvokeMethodRequest(HttpMethod httpMethod, string appId, string methodName) =>
        CreateRequest(httpMethod, appId, methodName, []);

    public override HttpRequestMessage CreateInvokeMethodRequest<TRequest>(HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> queryStringParameters, TRequest data)
    {
        var request = CreateRequest(httpMethod, appId, methodName, queryStringParameters);
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(data, json));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        return request;
    }

    public override async Task<HttpResponseMessage> InvokeMethodWithResponseAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return await sidecar.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException failure)
        {
            throw Failed(request, failure, null);
        }
    }

    public override async Task InvokeMethodAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        using var response = await InvokeCheckedAsync(request, cancellationToken).ConfigureAwait(false);
    }

    public override async Task<TResponse> InvokeMethodAsync<TResponse>(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        var response = await InvokeCheckedAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize<TResponse>(body, json)!;
        }
        catch (JsonException failure)
        {
            throw Failed(request, failure, response);
        }
    }

    private async Task<HttpResponseMessage> InvokeCheckedAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await InvokeMethodWithResponseAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            return response.EnsureSuccessStatusCode();
        }
        catch (HttpRequestException failure)
        {
            throw Failed(request, failure, response);
        }
    }

    private HttpRequestMessage CreateRequest(HttpMethod httpMethod, string appId, string methodName, IReadOnlyCollection<KeyValuePair<string, string>> query)
    {
        ArgumentNullException.ThrowIfNull(httpMethod);
        ArgumentException.ThrowIfNullOrWhiteSpace(appId);
        ArgumentNullException.ThrowIfNull(methodName);
        // The method name may carry its own path and query, so it is not escaped.
        var path = $"{sidecar.Endpoint}/v1.0/invoke/{appId}/method/{methodName.TrimStart('/')}";
        var text = string.Join('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));
        var joint = text.Length == 0 ? string.Empty : path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        var request = new HttpRequestMessage(httpMethod, new Uri(path + joint + text));
        request.Options.Set(AppIdKey, appId);
        request.Options.Set(MethodNameKey, methodName);
        return request;
    }

    private static InvocationException Failed(HttpRequestMessage request, Exception failure, HttpResponseMessage? response)
    {
        request.Options.TryGetValue(AppIdKey, out var appId);
        request.Options.TryGetValue(MethodNameKey, out var methodName);
        return new InvocationException(appId ?? string.Empty, methodName ?? string.Empty, failure, response);
    }
}
