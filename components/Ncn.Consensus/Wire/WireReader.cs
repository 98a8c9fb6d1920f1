using System.Buffers.Binary;
using System.Collections.Immutable;
using Ncn.Protocol;

namespace Ncn.Consensus.Wire;

/// <summary>
/// Reads what <see cref="CanonicalWriter"/> wrote. It is total: the first thing that is wrong is kept as the reason, everything after it
/// reads as zero, and nothing is thrown or allocated by what a length says.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>What is wrong; null while all is well.</summary>
    internal string? Reason { get; private set; }

    internal readonly int Left => _rest.Length;

    /// <summary>Keeps the first reason and skips the rest.</summary>
    internal void Fail(string reason)
    {
        Reason ??= reason;
        _rest = default;
    }

    internal void Require(bool holds, string reason)
    {
        if (!holds)
        {
            Fail(reason);
        }
    }

    internal byte Byte() => Next(1) is { Length: 1 } next ? next[0] : (byte)0;

    internal uint Number32() => Next(4) is { Length: 4 } next ? BinaryPrimitives.ReadUInt32BigEndian(next) : 0;

    internal ulong Number() => Next(8) is { Length: 8 } next ? BinaryPrimitives.ReadUInt64BigEndian(next) : 0;

    internal UInt128 Number128() => Next(16) is { Length: 16 } next ? BinaryPrimitives.ReadUInt128BigEndian(next) : 0;

    internal Hash32 Word() => Next(Hash32.Size) is { Length: Hash32.Size } next ? new Hash32(next) : default;

    internal Address Address() => Next(Protocol.Address.Size) is { Length: Protocol.Address.Size } next ? new Address(next) : default;

    /// <summary>In the one form that is taken (rule R4): v 27 or 28, low s.</summary>
    internal Signature Signature()
    {
        var signature = Next(Protocol.Signature.Size) is { Length: Protocol.Signature.Size } next ? new Signature(next) : default;
        Require(signature.IsCanonical, "a signature is not in canonical form");
        return signature;
    }

    internal ReadOnlySpan<byte> Bytes(int most, string what)
    {
        var length = Number32();
        Require(length <= (uint)most, $"{what} is longer than {most} bytes");
        return Next(Reason is null ? (int)length : 0);
    }

    /// <summary>A member's place.</summary>
    internal int Member()
    {
        var member = Byte();
        Require(member < ValidatorSet.Most, "a member's place is out of range");
        return member;
    }

    /// <summary>A number of 32 bits that is at most this.</summary>
    internal int UpTo(int most, string what)
    {
        var number = Number32();
        Require(number <= (uint)most, $"{what} is above {most}");
        return Reason is null ? (int)number : 0;
    }

    /// <summary>Items behind their number.</summary>
    /// <param name="fewest">Smallest length of one, bytes: what is left bounds how many there can be.</param>
    internal ImmutableArray<T> Items<T>(int most, int fewest, string what, ItemReader<T> read)
    {
        var count = Number32();
        Require(count <= (uint)most && (long)count * fewest <= Left, $"there are more {what} than {most}, or fewer than are announced");
        var items = ImmutableArray.CreateBuilder<T>(Reason is null ? (int)count : 0);
        while (Reason is null && items.Count < (int)count)
        {
            items.Add(read(ref this));
        }

        return items.ToImmutable();
    }

    /// <summary>Nothing may follow.</summary>
    internal void End() => Require(Left == 0, "there are bytes behind the end");

    private ReadOnlySpan<byte> Next(int count)
    {
        if (_rest.Length < count)
        {
            Fail("it ends too early");
            return default;
        }

        var next = _rest[..count];
        _rest = _rest[count..];
        return next;
    }
}

internal delegate T ItemReader<out T>(ref WireReader reader);
