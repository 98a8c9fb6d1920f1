namespace Dapr;

/// <summary>How every stand-in joins endpoint and path, and makes its connections.</summary>
internal static class SidecarAddress
{
    internal const string TokenHeader = "dapr-api-token";

    /// <summary>The endpoint without its trailing slash, so that appended paths have exactly one.</summary>
    internal static string Normalise(string? endpoint)
    {
        var chosen = string.IsNullOrWhiteSpace(endpoint) ? DaprDefaults.GetDefaultHttpEndpoint() : endpoint;
        var uri = new Uri(chosen);
        if (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
        {
            throw new InvalidOperationException($"The Dapr HTTP endpoint '{chosen}' must use http or https.");
        }
        return chosen.TrimEnd('/');
    }

    /// <summary>Keep-alive pooling to one host on loopback: no proxy, no cookies, no redirects.</summary>
    internal static SocketsHttpHandler CreateHandler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
        EnableMultipleHttp2Connections = true,
    };
}
