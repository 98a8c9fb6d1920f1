namespace Dapr;

/// <summary>Hands one name and value to the broker of the endpoint's subscriptions.</summary>
[AttributeUsage(AttributeTargets.All, AllowMultiple = true)]
public class TopicMetadataAttribute : Attribute, IOriginalTopicMetadata
{
    /// <summary>For every subscription of the endpoint.</summary>
    public TopicMetadataAttribute(string name, string value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>For the subscriptions that name the id.</summary>
    public TopicMetadataAttribute(string id, string name, string value) : this(name, value) => Id = id;

    /// <inheritdoc/>
    public string? Id { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Value { get; }
}
