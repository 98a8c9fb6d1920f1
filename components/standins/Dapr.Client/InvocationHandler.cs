namespace Dapr.Client;

/// <summary>
/// Sends requests for <c>http://app-id/path</c> through the sidecar's invocation API
/// (<c>{endpoint}/v1.0/invoke/{app-id}/method/{path}</c>).
/// </summary>
public class InvocationHandler : DelegatingHandler
{
    private string endpoint = SidecarAddress.Normalise(null);

    /// <summary>The sidecar's HTTP endpoint.</summary>
    public string DaprEndpoint
    {
        get => endpoint;
        set => endpoint = SidecarAddress.Normalise(value);
    }

    /// <summary>An app id whose letter case must survive, which a host name in a URI loses.</summary>
    public string? DefaultAppId { get; set; }

    internal string? ApiToken { get; set; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var original = request.RequestUri;
        request.RequestUri = Rewrite(original);
        try
        {
            if (!string.IsNullOrEmpty(ApiToken))
            {
                request.Headers.TryAddWithoutValidation(SidecarAddress.TokenHeader, ApiToken);
            }
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            request.RequestUri = original;
            request.Headers.Remove(SidecarAddress.TokenHeader);
        }
    }

    private Uri Rewrite(Uri? original)
    {
        if (original is null || !original.IsAbsoluteUri || (original.Scheme != Uri.UriSchemeHttp && original.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"The request URI '{original}' is not a valid Dapr service invocation destination.");
        }
        var appId = string.Equals(DefaultAppId, original.Host, StringComparison.OrdinalIgnoreCase) ? DefaultAppId : original.Host;
        return new Uri($"{endpoint}/v1.0/invoke/{appId}/method{original.PathAndQuery}");
    }
}
