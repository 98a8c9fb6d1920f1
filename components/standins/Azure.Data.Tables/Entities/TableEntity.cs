using System.Collections;

namespace Azure.Data.Tables;

/// <summary>An entity as a dictionary. Keys and ETag lie in it under the names that the service gives them.</summary>
public sealed class TableEntity : ITableEntity, IDictionary<string, object>
{
    private readonly Dictionary<string, object?> properties = [];

    public TableEntity()
    {
    }

    public TableEntity(string partitionKey, string rowKey)
    {
        PartitionKey = partitionKey;
        RowKey = rowKey;
    }

    public TableEntity(IDictionary<string, object> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        foreach (var (name, value) in values)
        {
            properties[name] = value;
        }
    }

    public string PartitionKey
    {
        get => GetString(EntityNames.PartitionKey);
        set => properties[EntityNames.PartitionKey] = value;
    }

    public string RowKey
    {
        get => GetString(EntityNames.RowKey);
        set => properties[EntityNames.RowKey] = value;
    }

    public DateTimeOffset? Timestamp
    {
        get => Get<DateTimeOffset>(EntityNames.Timestamp);
        set => properties[EntityNames.Timestamp] = value;
    }

    public ETag ETag
    {
        get => this[EntityNames.ETag] is string tag ? new ETag(tag) : default;
        set => properties[EntityNames.ETag] = value.ToString();
    }

    public int Count => properties.Count;

    public ICollection<string> Keys => properties.Keys;

    ICollection<object> IDictionary<string, object>.Values => properties.Values!;

    bool ICollection<KeyValuePair<string, object>>.IsReadOnly => false;

    /// <summary>Null for a property that the entity lacks.</summary>
    public object this[string key]
    {
        get => properties.GetValueOrDefault(key)!;
        set => properties[key] = value;
    }

    public void Add(string key, object value) => properties.Add(key, value);

    public void Clear() => properties.Clear();

    public bool ContainsKey(string key) => properties.ContainsKey(key);

    public bool Remove(string key) => properties.Remove(key);

    public bool TryGetValue(string key, out object value) => properties.TryGetValue(key, out value!);

    public string GetString(string key) => (string)Read(key, typeof(string))!;

    public BinaryData GetBinaryData(string key) => GetBinary(key) is { } bytes ? BinaryData.FromBytes(bytes) : null!;

    public byte[] GetBinary(string key) => this[key] is BinaryData data ? data.ToArray() : (byte[])Read(key, typeof(byte[]))!;

    public bool? GetBoolean(string key) => Get<bool>(key);

    public DateTime? GetDateTime(string key) => this[key] switch
    {
        DateTimeOffset moment => moment.UtcDateTime,
        _ => Get<DateTime>(key),
    };

    public DateTimeOffset? GetDateTimeOffset(string key) => this[key] switch
    {
        DateTime moment => new DateTimeOffset(moment),
        _ => Get<DateTimeOffset>(key),
    };

    public double? GetDouble(string key) => Get<double>(key);

    public Guid? GetGuid(string key) => Get<Guid>(key);

    public int? GetInt32(string key) => Get<int>(key);

    public long? GetInt64(string key) => Get<long>(key);

    void ICollection<KeyValuePair<string, object>>.Add(KeyValuePair<string, object> item) => properties.Add(item.Key, item.Value);

    bool ICollection<KeyValuePair<string, object>>.Contains(KeyValuePair<string, object> item) =>
        properties.TryGetValue(item.Key, out var value) && Equals(value, item.Value);

    void ICollection<KeyValuePair<string, object>>.CopyTo(KeyValuePair<string, object>[] array, int arrayIndex) =>
        ((ICollection<KeyValuePair<string, object>>)properties!).CopyTo(array, arrayIndex);

    bool ICollection<KeyValuePair<string, object>>.Remove(KeyValuePair<string, object> item) =>
        ((ICollection<KeyValuePair<string, object>>)this).Contains(item) && properties.Remove(item.Key);

    IEnumerator<KeyValuePair<string, object>> IEnumerable<KeyValuePair<string, object>>.GetEnumerator() => properties.GetEnumerator()!;

    IEnumerator IEnumerable.GetEnumerator() => properties.GetEnumerator();

    private T? Get<T>(string key)
        where T : struct => (T?)Read(key, typeof(T));

    private object? Read(string key, Type type) => this[key] is not { } value || value.GetType() == type
        ? this[key]
        : throw new InvalidOperationException($"Cannot return {type} type for a {value.GetType()} typed property.");
}
