namespace Dapr;

/// <summary>Endpoint metadata: the endpoint receives this topic.</summary>
public interface ITopicMetadata
{
    /// <summary>The topic.</summary>
    string Name { get; }

    /// <summary>The pub/sub component.</summary>
    string PubsubName { get; }

    /// <summary>A rule on the event; null for the topic's default endpoint.</summary>
    string? Match { get; }

    /// <summary>Order among the topic's rules, lowest first.</summary>
    int Priority { get; }
}

/// <summary>Endpoint metadata: whether the publisher sent bare payloads instead of CloudEvents.</summary>
public interface IRawTopicMetadata
{
    /// <summary>Whether payloads are bare.</summary>
    bool? EnableRawPayload { get; }
}

/// <summary>Endpoint metadata: where undeliverable events go.</summary>
public interface IDeadLetterTopicMetadata
{
    /// <summary>The dead letter topic, or null.</summary>
    string? DeadLetterTopic { get; }
}

/// <summary>Endpoint metadata: one name and value to hand to the broker.</summary>
public interface IOriginalTopicMetadata
{
    /// <summary>Which subscription owns it; null or empty for all of the endpoint.</summary>
    string? Id { get; }

    /// <summary>The name.</summary>
    string Name { get; }

    /// <summary>The value.</summary>
    string Value { get; }
}

/// <summary>Endpoint metadata: which broker metadata belongs to this subscription.</summary>
public interface IOwnedOriginalTopicMetadata
{
    /// <summary>Ids of the metadata that the subscription owns.</summary>
    string[]? OwnedMetadatas { get; }

    /// <summary>Joins the values of one name; a comma by default.</summary>
    string? MetadataSeparator { get; }
}
