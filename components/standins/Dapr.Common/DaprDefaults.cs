using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Dapr;

/// <summary>Where the sidecar is and which tokens it wants: configuration first, then the environment.</summary>
public static class DaprDefaults
{
    /// <summary>Name of the variable with the token that the sidecar wants from its app.</summary>
    public const string DaprApiTokenEnvironmentVariableName = "DAPR_API_TOKEN";

    /// <summary>Name of the variable with the token that the app wants from its sidecar.</summary>
    public const string AppApiTokenEnvironmentVariableName = "APP_API_TOKEN";

    /// <summary>Name of the variable with the sidecar's whole HTTP endpoint; it wins over the port.</summary>
    public const string DaprHttpEndpointEnvironmentVariableName = "DAPR_HTTP_ENDPOINT";

    /// <summary>Name of the variable with the sidecar's HTTP port on this machine.</summary>
    public const string DaprHttpPortEnvironmentVariableName = "DAPR_HTTP_PORT";

    private const string LoopbackHost = "127.0.0.1";
    private const int FallbackHttpPort = 3500;

    /// <summary>The token to send to the sidecar, or an empty string.</summary>
    public static string GetDefaultDaprApiToken(IConfiguration? configuration) =>
        Read(configuration, DaprApiTokenEnvironmentVariableName) ?? string.Empty;

    /// <summary>The token to expect from the sidecar, or an empty string.</summary>
    public static string GetDefaultAppApiToken(IConfiguration? configuration) =>
        Read(configuration, AppApiTokenEnvironmentVariableName) ?? string.Empty;

    /// <summary>The sidecar's HTTP endpoint; it ends with a slash, as the official client's does.</summary>
    public static string GetDefaultHttpEndpoint(IConfiguration? configuration = null)
    {
        var endpoint = Read(configuration, DaprHttpEndpointEnvironmentVariableName);
        if (!string.IsNullOrWhiteSpace(endpoint))
        {
            var uri = new Uri(endpoint);
            return new UriBuilder(uri.Scheme, uri.Host, uri.Port).ToString();
        }
        var port = Read(configuration, DaprHttpPortEnvironmentVariableName);
        var number = string.IsNullOrWhiteSpace(port) ? FallbackHttpPort : int.Parse(port, CultureInfo.InvariantCulture);
        return new UriBuilder(Uri.UriSchemeHttp, LoopbackHost, number).ToString();
    }

    private static string? Read(IConfiguration? configuration, string name) =>
        configuration?[name] ?? Environment.GetEnvironmentVariable(name);
}
