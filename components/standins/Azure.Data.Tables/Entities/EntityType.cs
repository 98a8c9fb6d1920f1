using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Serialization;

namespace Azure.Data.Tables;

/// <summary>The stored properties of a typed entity: its public ones that can be read and written, under the names that attributes give them.</summary>
internal sealed class EntityType
{
    private static readonly ConcurrentDictionary<Type, EntityType> Known = [];

    private readonly IReadOnlyList<Property> properties;

    private EntityType(Type type) => properties =
    [
        .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property is { CanRead: true, CanWrite: true } && property.GetIndexParameters().Length == 0)
            .Where(property => property.Name is not (nameof(ITableEntity.ETag) or nameof(ITableEntity.Timestamp)))
            .Where(property => property.GetCustomAttribute<IgnoreDataMemberAttribute>() is null)
            .Select(property => new Property(property.GetCustomAttribute<DataMemberAttribute>()?.Name ?? property.Name, property)),
    ];

    public static EntityType Of(Type type) => Known.GetOrAdd(type, static type => new EntityType(type));

    public IEnumerable<KeyValuePair<string, object?>> Read(object entity) =>
        properties.Select(property => KeyValuePair.Create(property.Name, ToStored(property.Member.GetValue(entity))));

    public void Write(object entity, IReadOnlyDictionary<string, object?> values)
    {
        foreach (var property in properties)
        {
            if (values.TryGetValue(property.Name, out var value) && value is not null)
            {
                property.Member.SetValue(entity, ToMember(value, property.Member.PropertyType));
            }
        }
    }

    private static object? ToStored(object? value) => value switch
    {
        Enum name => name.ToString(),
        ulong number => unchecked((long)number),
        float number => (double)number,
        _ => value,
    };

    private static object ToMember(object value, Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        return value switch
        {
            _ when type.IsInstanceOfType(value) => value,
            string text when type.IsEnum => Enum.Parse(type, text),
            long number when type == typeof(ulong) => unchecked((ulong)number),
            int number when type == typeof(long) => (long)number,
            int number when type == typeof(double) => (double)number,
            double number when type == typeof(float) => (float)number,
            DateTimeOffset moment when type == typeof(DateTime) => moment.UtcDateTime,
            byte[] bytes when type == typeof(BinaryData) => BinaryData.FromBytes(bytes),
            _ => throw new InvalidOperationException($"A stored {value.GetType()} cannot be read as {declared}."),
        };
    }

    private sealed record Property(string Name, PropertyInfo Member);
}
