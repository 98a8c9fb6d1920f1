using System.Text.Json.Serialization;

namespace Dapr;

/// <summary>A CloudEvents 1.0 envelope whose attributes the publisher chooses itself.</summary>
public class CloudEvent
{
    /// <summary>Where the event comes from.</summary>
    [JsonPropertyName("source")]
    public Uri? Source { get; init; }

    /// <summary>What kind of event it is.</summary>
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    /// <summary>What the event is about.</summary>
    [JsonPropertyName("subject")]
    public string? Subject { get; init; }
}

/// <summary>An envelope with JSON data.</summary>
public class CloudEvent<TData>(TData data) : CloudEvent
{
    /// <summary>The data.</summary>
    public TData Data { get; } = data;

    /// <summary>Always application/json.</summary>
    [JsonPropertyName("datacontenttype")]
    public string DataContentType { get; } = "application/json";
}
