using System.Buffers.Binary;
using System.Text.Json;

namespace Ncn.OpenInference.Json;

/// <summary>Numbers and booleans, one after another into memory of the tensor's size.</summary>
internal ref struct NumberSink<T, TElement>(Span<T> values) : IElementSink
    where T : unmanaged
    where TElement : struct, INumberElement<T>
{
    private readonly Span<T> _values = values;
    private int _next;

    public bool TryAdd(ref Utf8JsonReader json) => TElement.TryRead(ref json, out _values[_next++]);
}

/// <summary>Texts as elements of BYTES: the length as four little-endian bytes, then the text in UTF-8.</summary>
internal struct TextSink(int count) : IElementSink
{
    private const int PrefixBytes = 4;

    // Room for short texts; longer ones make it grow, never beyond what the JSON itself has.
    private byte[] _bytes = new byte[count * (PrefixBytes + 8)];
    private int _length;

    public readonly ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public bool TryAdd(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.String)
        {
            return false;
        }

        // Unescaping never makes a text longer.
        Reserve(PrefixBytes + json.ValueSpan.Length);
        int written = json.CopyString(_bytes.AsSpan(_length + PrefixBytes));
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(_length), written);
        _length += PrefixBytes + written;
        return true;
    }

    private void Reserve(int bytes)
    {
        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, int.Max(_length + bytes, (int)long.Min(_bytes.Length * 2L, Array.MaxLength)));
        }
    }
}
