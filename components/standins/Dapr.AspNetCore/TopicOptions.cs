namespace Dapr;

/// <summary>A subscription in one object, for <c>WithTopic</c>.</summary>
public class TopicOptions
{
    /// <summary>The topic.</summary>
    public string? Name { get; set; }

    /// <summary>The pub/sub component.</summary>
    public string? PubsubName { get; set; }

    /// <summary>Whether payloads are bare.</summary>
    public bool EnableRawPayload { get; set; }

    /// <summary>A rule on the event; null for the topic's default endpoint.</summary>
    public string? Match { get; set; }

    /// <summary>Order among the topic's rules, lowest first.</summary>
    public int Priority { get; set; }

    /// <summary>Ids of the metadata that the subscription owns.</summary>
    public string[]? OwnedMetadatas { get; set; }

    /// <summary>Joins the values of one name; a comma by default.</summary>
    public string? MetadataSeparator { get; set; }

    /// <summary>Where undeliverable events go.</summary>
    public string? DeadLetterTopic { get; set; }

    /// <summary>Names and values to hand to the broker.</summary>
    public IDictionary<string, string>? Metadata;
}

/// <summary>What every subscription of the app is given.</summary>
public class SubscribeOptions
{
    /// <summary>Whether payloads are bare, for all topics.</summary>
    public bool EnableRawPayload { get; set; }
}
