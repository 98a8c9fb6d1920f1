using System.Buffers.Binary;
using Ncn.Protocol;

namespace Ncn.Validator.Durable;

/// <summary>Reads what this program wrote and a check covers: anything else is a fault, and throws.</summary>
internal ref struct LogReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>All that was not read yet.</summary>
    internal readonly ReadOnlySpan<byte> Rest => _rest;

    internal byte Byte() => Take(1)[0];

    internal ulong Number() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    internal UInt128 Number128() => BinaryPrimitives.ReadUInt128BigEndian(Take(16));

    internal Hash32 Word() => new(Take(Hash32.Size));

    internal Address Address() => new(Take(Protocol.Address.Size));

    internal ReadOnlySpan<byte> Bytes() => Take(Count(int.MaxValue));

    internal int Count(int most)
    {
        var count = BinaryPrimitives.ReadUInt32BigEndian(Take(4));
        return count <= (uint)most ? (int)count : throw new FormatException($"a record announces {count} items and may have {most}");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new FormatException("a record is cut short");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
