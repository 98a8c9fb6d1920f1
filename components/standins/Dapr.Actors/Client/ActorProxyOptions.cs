using System.Text.Json;

namespace Dapr.Actors.Client;

/// <summary>How a proxy reaches its actor.</summary>
public class ActorProxyOptions
{
    private JsonSerializerOptions json = new(JsonSerializerDefaults.Web);

    /// <summary>How arguments and results are written as JSON.</summary>
    public JsonSerializerOptions JsonSerializerOptions
    {
        get => json;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            json = value;
        }
    }

    /// <summary>Token to send to the sidecar; DAPR_API_TOKEN by default.</summary>
    public string? DaprApiToken { get; set; } = DaprDefaults.GetDefaultDaprApiToken(null);

    /// <summary>The sidecar's HTTP endpoint; from DAPR_HTTP_ENDPOINT or DAPR_HTTP_PORT by default.</summary>
    public string? HttpEndpoint { get; set; } = DaprDefaults.GetDefaultHttpEndpoint();

    /// <summary>Limit for one call; null for 100 s.</summary>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>JSON remoting; must be true for typed proxies of this build, and the same on the actor's side.</summary>
    public bool UseJsonSerialization { get; set; }
}
