using System.Globalization;
using System.Numerics;
using System.Text;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Util;

namespace Nethereum.ABI;

internal sealed class AbiInteger(string name, int bits, bool signed) : AbiType(name)
{
    internal override byte[] Encode(object value)
    {
        var number = value switch
        {
            BigInteger big => big,
            Enum => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            ulong unsigned => unsigned,
            byte or sbyte or short or ushort or int or uint or long => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            _ => throw new ArgumentException($"{value?.GetType().Name ?? "null"} is not an integer for {Name}.", nameof(value)),
        };
        var limit = BigInteger.One << (signed ? bits - 1 : bits);
        if (number >= limit || number < (signed ? -limit : BigInteger.Zero))
        {
            throw new ArgumentOutOfRangeException(nameof(value), $"{number} does not fit into {Name}.");
        }

        var bytes = number.ToByteArray(isUnsigned: number.Sign >= 0, isBigEndian: true);
        var word = new byte[Word];
        word.AsSpan().Fill(number.Sign < 0 ? (byte)0xff : (byte)0);
        bytes.CopyTo(word, Word - bytes.Length);
        return word;
    }

    internal override object Decode(ReadOnlySpan<byte> data, Type target)
    {
        var number = new BigInteger(Slice(data, 0, Word), isUnsigned: !signed, isBigEndian: true);
        return Type.GetTypeCode(target) switch
        {
            TypeCode.Byte => (object)(byte)number,
            TypeCode.SByte => (sbyte)number,
            TypeCode.UInt16 => (ushort)number,
            TypeCode.Int16 => (short)number,
            TypeCode.UInt32 => (uint)number,
            TypeCode.Int32 => (int)number,
            TypeCode.UInt64 => (ulong)number,
            TypeCode.Int64 => (long)number,
            _ => number,
        };
    }
}

internal sealed class AbiAddress() : AbiType("address")
{
    internal override byte[] Encode(object value)
    {
        var address = ((value as string) ?? throw new ArgumentException("An address must be a hexadecimal string.", nameof(value))).HexToByteArray();
        return address.Length == 20
            ? [.. new byte[Word - 20], .. address]
            : throw new ArgumentException($"An address has 20 bytes; got {address.Length}.", nameof(value));
    }

    internal override object Decode(ReadOnlySpan<byte> data, Type target) =>
        AddressUtil.Current.ConvertToChecksumAddress(Slice(data, 0, Word).ToArray());
}

internal sealed class AbiBool() : AbiType("bool")
{
    internal override byte[] Encode(object value) => EncodeLength((bool)value ? 1 : 0);

    internal override object Decode(ReadOnlySpan<byte> data, Type target) => Slice(data, 0, Word).ContainsAnyExcept((byte)0);
}

internal sealed class AbiFixedBytes(string name, int length) : AbiType(name)
{
    internal override byte[] Encode(object value)
    {
        var bytes = value as byte[] ?? throw new ArgumentException($"{Name} must be a byte array.", nameof(value));
        return bytes.Length <= length && length <= Word
            ? [.. bytes, .. new byte[Word - bytes.Length]]
            : throw new ArgumentException($"{bytes.Length} bytes do not fit into {Name}.", nameof(value));
    }

    internal override object Decode(ReadOnlySpan<byte> data, Type target) => Slice(data, 0, Word)[..length].ToArray();
}

/// <summary>"bytes" or "string".</summary>
internal sealed class AbiBytes(string name) : AbiType(name)
{
    internal override bool IsDynamic => true;

    internal override byte[] Encode(object value)
    {
        var bytes = value switch
        {
            byte[] raw => raw,
            string text => Encoding.UTF8.GetBytes(text),
            _ => throw new ArgumentException($"{value?.GetType().Name ?? "null"} is not a value for {Name}.", nameof(value)),
        };
        var padding = (Word - (bytes.Length % Word)) % Word;
        return [.. EncodeLength(bytes.Length), .. bytes, .. new byte[padding]];
    }

    internal override object Decode(ReadOnlySpan<byte> data, Type target)
    {
        var length = DecodeLength(data);
        var bytes = length == 0 ? [] : Slice(data, Word, length);
        return Name == "string" ? Encoding.UTF8.GetString(bytes) : bytes.ToArray();
    }
}
