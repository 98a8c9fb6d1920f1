using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dapr.Actors;

/// <summary>Identity of an actor within its type; case-sensitive.</summary>
[DataContract(Name = "ActorId")]
[JsonConverter(typeof(ActorIdJsonConverter))]
public class ActorId
{
    [DataMember(Name = "ActorId", Order = 0, IsRequired = true)]
    private readonly string id;

    /// <summary>Wraps an id that is neither empty nor blank.</summary>
    public ActorId(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        this.id = id;
    }

    /// <summary>A new random id.</summary>
    public static ActorId CreateRandom() => new(Guid.NewGuid().ToString());

    /// <summary>The id as text.</summary>
    public string GetId() => id;

    /// <inheritdoc/>
    public override string ToString() => id;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(id);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ActorId other && Equals(other);

    /// <summary>Whether both are the same id.</summary>
    public bool Equals(ActorId? other) => other is not null && string.Equals(id, other.id, StringComparison.Ordinal);

    /// <summary>Orders ids by their characters.</summary>
    public int CompareTo(ActorId? other) => string.CompareOrdinal(id, other?.id);

    /// <summary>Whether both are the same id.</summary>
    public static bool operator ==(ActorId? id1, ActorId? id2) => id1 is null ? id2 is null : id1.Equals(id2);

    /// <summary>Whether they are different ids.</summary>
    public static bool operator !=(ActorId? id1, ActorId? id2) => !(id1 == id2);
}

internal sealed class ActorIdJsonConverter : JsonConverter<ActorId>
{
    public override ActorId? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { Length: > 0 } text ? new ActorId(text) : null;

    public override void Write(Utf8JsonWriter writer, ActorId value, JsonSerializerOptions options) => writer.WriteStringValue(value.GetId());
}
