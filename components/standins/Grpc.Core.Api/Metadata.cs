using System.Collections;

namespace Grpc.Core;

/// <summary>Headers or trailers of a call. Keys are lower case; a key ending in <c>-bin</c> carries bytes.</summary>
public sealed partial class Metadata : IList<Metadata.Entry>
{
    public const string BinaryHeaderSuffix = "-bin";

    public static readonly Metadata Empty = new() { frozen = true };

    private readonly List<Entry> entries = [];
    private bool frozen;

    public int Count => entries.Count;

    public bool IsReadOnly => frozen;

    public Entry this[int index]
    {
        get => entries[index];
        set
        {
            CheckWritable();
            ArgumentNullException.ThrowIfNull(value);
            entries[index] = value;
        }
    }

    public void Add(Entry item)
    {
        CheckWritable();
        ArgumentNullException.ThrowIfNull(item);
        entries.Add(item);
    }

    public void Add(string key, string value) => Add(new Entry(key, value));

    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    public void Insert(int index, Entry item)
    {
        CheckWritable();
        ArgumentNullException.ThrowIfNull(item);
        entries.Insert(index, item);
    }

    public bool Remove(Entry item)
    {
        CheckWritable();
        return entries.Remove(item);
    }

    public void RemoveAt(int index)
    {
        CheckWritable();
        entries.RemoveAt(index);
    }

    public void Clear()
    {
        CheckWritable();
        entries.Clear();
    }

    public bool Contains(Entry item) => entries.Contains(item);

    public int IndexOf(Entry item) => entries.IndexOf(item);

    public void CopyTo(Entry[] array, int arrayIndex) => entries.CopyTo(array, arrayIndex);

    public IEnumerator<Entry> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => entries.GetEnumerator();

    /// <summary>The last entry with this key, or null.</summary>
    public Entry? Get(string key) => entries.FindLast(entry => IsKey(entry, key));

    /// <summary>The text of the last entry with this key, or null.</summary>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The bytes of the last entry with this key, or null.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    public IEnumerable<Entry> GetAll(string key) => entries.Where(entry => IsKey(entry, key));

    private static bool IsKey(Entry entry, string key) => string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase);

    private void CheckWritable()
    {
        if (frozen)
        {
            throw new InvalidOperationException("Object is read only");
        }
    }
}
