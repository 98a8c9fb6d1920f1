using System.Buffers.Binary;

namespace Nethereum.ABI;

/// <summary>A type of the contract ABI specification: how its values are laid out in call data, results and logs.</summary>
internal abstract class AbiType(string name)
{
    internal const int Word = 32;

    /// <summary>The canonical name, as it stands in a function signature.</summary>
    internal string Name { get; } = name;

    internal virtual bool IsDynamic => false;

    /// <summary>Bytes that a value takes in the head of the sequence around it.</summary>
    internal virtual int HeadSize => Word;

    internal abstract byte[] Encode(object value);

    /// <summary>Reads a value whose own encoding starts at <paramref name="data"/>.</summary>
    internal abstract object Decode(ReadOnlySpan<byte> data, Type target);

    /// <summary>Encodes a sequence: heads first, then the tails that dynamic heads point at.</summary>
    internal static byte[] EncodeSequence(IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        if (types.Count != values.Count)
        {
            throw new ArgumentException($"{types.Count} values are needed; got {values.Count}.", nameof(values));
        }

        var encoded = types.Select((type, i) => type.Encode(values[i])).ToArray();
        var tailOffset = types.Sum(type => type.HeadSize);
        var heads = new List<byte>(tailOffset);
        var tails = new List<byte>();
        for (var i = 0; i < types.Count; i++)
        {
            heads.AddRange(types[i].IsDynamic ? EncodeLength(tailOffset + tails.Count) : encoded[i]);
            tails.AddRange(types[i].IsDynamic ? encoded[i] : []);
        }

        return [.. heads, .. tails];
    }

    /// <summary>The encoding of the element whose head is at <paramref name="headOffset"/> of a sequence.</summary>
    internal static ReadOnlySpan<byte> ElementAt(ReadOnlySpan<byte> sequence, int headOffset, AbiType type) =>
        type.IsDynamic ? Slice(sequence, DecodeLength(Slice(sequence, headOffset))) : Slice(sequence, headOffset);

    internal static byte[] EncodeLength(int length)
    {
        var word = new byte[Word];
        BinaryPrimitives.WriteInt32BigEndian(word.AsSpan(Word - sizeof(int)), length);
        return word;
    }

    /// <summary>A length or an offset; a contract can answer anything, so both are checked against what is there.</summary>
    internal static int DecodeLength(ReadOnlySpan<byte> data)
    {
        var word = Slice(data, 0, Word);
        var length = BinaryPrimitives.ReadInt32BigEndian(word[(Word - sizeof(int))..]);
        return word[..(Word - sizeof(int))].ContainsAnyExcept((byte)0) || length < 0
            ? throw new InvalidDataException("ABI data holds an offset or length beyond any real message.")
            : length;
    }

    internal static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> data, int start, int length = 0) =>
        start > data.Length || length > data.Length - start
            ? throw new InvalidDataException($"ABI data ends after {data.Length} bytes where {(long)start + length} are needed.")
            : length == 0 ? data[start..] : data.Slice(start, length);
}
