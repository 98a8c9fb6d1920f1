using System.Buffers;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>Entities to and from the JSON of the service.</summary>
internal static class EntityJson
{
    /// <summary>The entity's properties but its ETag and time stamp, which are the service's to give.</summary>
    public static ReadOnlyMemory<byte> Write(ITableEntity entity)
    {
        ArgumentNullException.ThrowIfNull(entity);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in Properties(entity).Where(property => property.Value is not null && !IsOfService(property.Key)))
            {
                EntityValue.Write(json, name, value!);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    public static T Read<T>(JsonElement json)
        where T : class, ITableEntity
    {
        var values = Values(json);
        if (typeof(T) == typeof(TableEntity))
        {
            return (T)(object)new TableEntity(values!);
        }

        var entity = Activator.CreateInstance<T>();
        EntityType.Of(typeof(T)).Write(entity, values);
        entity.ETag = values.GetValueOrDefault(EntityNames.ETag) is string tag ? new ETag(tag) : default;
        entity.Timestamp = (DateTimeOffset?)values.GetValueOrDefault(EntityNames.Timestamp);
        return entity;
    }

    private static IEnumerable<KeyValuePair<string, object?>> Properties(ITableEntity entity) =>
        entity is IDictionary<string, object> dictionary ? dictionary! : EntityType.Of(entity.GetType()).Read(entity);

    private static bool IsOfService(string name) => name is EntityNames.Timestamp or EntityNames.ETag or "ETag";

    private static Dictionary<string, object?> Values(JsonElement json)
    {
        var types = json.EnumerateObject().Where(property => property.Name.EndsWith(EntityNames.TypeSuffix, StringComparison.Ordinal))
            .ToDictionary(property => property.Name[..^EntityNames.TypeSuffix.Length], property => property.Value.GetString());
        var values = new Dictionary<string, object?>();
        foreach (var property in json.EnumerateObject().Where(property => property.Name == EntityNames.ETag || !property.Name.Contains("odata.", StringComparison.Ordinal)))
        {
            var type = property.Name == EntityNames.Timestamp ? "Edm.DateTime" : types.GetValueOrDefault(property.Name);
            values[property.Name] = EntityValue.Read(property.Value, type);
        }

        return values;
    }
}
