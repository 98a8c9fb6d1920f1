using System.Text.Json;

namespace Dapr.Actors.Runtime;

/// <summary>How the app hosts its actors. Durations that are null are left to the sidecar.</summary>
public sealed class ActorRuntimeOptions
{
    private JsonSerializerOptions json = new(JsonSerializerDefaults.Web);
    private ActorReentrancyConfig reentrancy = new();

    /// <summary>The hosted actor types.</summary>
    public ActorRegistrationCollection Actors { get; } = [];

    /// <summary>How long an idle actor stays active.</summary>
    public TimeSpan? ActorIdleTimeout { get; set; }

    /// <summary>How often idle actors are looked for.</summary>
    public TimeSpan? ActorScanInterval { get; set; }

    /// <summary>How long a running call may finish when its actor moves elsewhere.</summary>
    public TimeSpan? DrainOngoingCallTimeout { get; set; }

    /// <summary>Whether running calls may finish when their actor moves elsewhere.</summary>
    public bool DrainRebalancedActors { get; set; }

    /// <summary>Over how many keys reminders are spread.</summary>
    public int? RemindersStoragePartitions { get; set; }

    /// <summary>Whether actors may be called again by their own calls.</summary>
    public ActorReentrancyConfig ReentrancyConfig
    {
        get => reentrancy;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            reentrancy = value;
        }
    }

    /// <summary>How state, arguments and results are written as JSON.</summary>
    public JsonSerializerOptions JsonSerializerOptions
    {
        get => json;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            json = value;
        }
    }

    /// <summary>JSON remoting; must be true for typed proxies of this build, and the same on the caller's side.</summary>
    public bool UseJsonSerialization { get; set; }

    /// <summary>Token to send to the sidecar; null for configuration or environment.</summary>
    public string? DaprApiToken { get; set; }

    /// <summary>The sidecar's HTTP endpoint; null for configuration or environment.</summary>
    public string? HttpEndpoint { get; set; }
}
