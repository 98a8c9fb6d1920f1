using System.Text.Json;

namespace Dapr.Client;

/// <summary>Builds a <see cref="DaprClient"/>; what is not set comes from the environment.</summary>
public sealed class DaprClientBuilder
{
    private string httpEndpoint = DaprDefaults.GetDefaultHttpEndpoint();
    private string apiToken = DaprDefaults.GetDefaultDaprApiToken(null);
    private JsonSerializerOptions jsonOptions = new(JsonSerializerDefaults.Web);
    private TimeSpan timeout;

    /// <summary>Sets the sidecar's HTTP endpoint.</summary>
    public DaprClientBuilder UseHttpEndpoint(string httpEndpoint)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(httpEndpoint);
        this.httpEndpoint = httpEndpoint;
        return this;
    }

    /// <summary>Accepted so that code may set both endpoints; this client speaks HTTP only.</summary>
    public DaprClientBuilder UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(grpcEndpoint);
        return this;
    }

    /// <summary>Sets how data and state are written as JSON.</summary>
    public DaprClientBuilder UseJsonSerializationOptions(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        jsonOptions = options;
        return this;
    }

    /// <summary>Sets the token to send to the sidecar.</summary>
    public DaprClientBuilder UseDaprApiToken(string apiToken)
    {
        this.apiToken = apiToken;
        return this;
    }

    /// <summary>Sets the limit for one call; zero leaves the default of 100 s.</summary>
    public DaprClientBuilder UseTimeout(TimeSpan timeout)
    {
        this.timeout = timeout;
        return this;
    }

    /// <summary>Builds the client.</summary>
    public DaprClient Build()
    {
        var http = new HttpClient(SidecarAddress.CreateHandler());
        if (timeout > TimeSpan.Zero)
        {
            http.Timeout = timeout;
        }
        return new DaprClientHttp(new SidecarConnection(http, SidecarAddress.Normalise(httpEndpoint), apiToken), jsonOptions);
    }
}
