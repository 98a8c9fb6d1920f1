using System.Text;
using Ncn.Protocol.Cryptography;

namespace Ncn.Protocol;

/// <summary>A message that can be signed: it knows its EIP-712 type and how its members are encoded.</summary>
public interface ITypedData
{
    /// <summary>hashStruct(message) of EIP-712.</summary>
    Hash32 StructHash();
}

/// <summary>An EIP-712 domain. Its separator is computed once.</summary>
public sealed class Eip712Domain
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    private static readonly Hash32 SaltedTypeHash = TypedDataEncoder.TypeHash(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)");

    /// <summary>A domain of the four usual members, and a salt where the network uses one (consensus).</summary>
    public Eip712Domain(string name, string version, ulong chainId, Address verifyingContract, Hash32? salt = null)
    {
        (Name, Version, ChainId, VerifyingContract, Salt) = (name, version, chainId, verifyingContract, salt);
        var encoder = new TypedDataEncoder(salt is null ? TypeHash : SaltedTypeHash)
            .Text(name).Text(version).Number(chainId).Address(verifyingContract);
        Separator = (salt is { } value ? encoder.Word(value) : encoder).Hash();
    }

    public string Name { get; }

    public string Version { get; }

    public ulong ChainId { get; }

    public Address VerifyingContract { get; }

    public Hash32? Salt { get; }

    /// <summary>hashStruct(EIP712Domain).</summary>
    public Hash32 Separator { get; }

    /// <summary>Payments: the domain of x402 v2 batch-settlement.</summary>
    public static Eip712Domain Payments(ulong chainId, Address inferencePayment) =>
        new("x402 Batch Settlement", "1", chainId, inferencePayment);

    /// <summary>Messages of the network: node records, jobs, receipts.</summary>
    public static Eip712Domain Network(ulong chainId, Address validatorRegistry) => new("NCN", "2", chainId, validatorRegistry);

    /// <summary>Consensus votes and checkpoints; the salt binds them to one network's genesis.</summary>
    public static Eip712Domain Consensus(ulong chainId, Address validatorRegistry, Hash32 salt) =>
        new("NCN-Consensus", "1", chainId, validatorRegistry, salt);

    /// <summary>keccak256(0x1901 ‖ separator ‖ hashStruct(message)).</summary>
    public Hash32 Digest<T>(T message)
        where T : ITypedData
    {
        Span<byte> preimage = stackalloc byte[66];
        (preimage[0], preimage[1]) = (0x19, 0x01);
        Separator.CopyTo(preimage[2..]);
        message.StructHash().CopyTo(preimage[34..]);
        return Keccak256.Of(preimage);
    }
}

/// <summary>Encodes the members of one struct in order, each as a 32-byte word, and hashes them (EIP-712, encodeData).</summary>
public sealed class TypedDataEncoder
{
    private byte[] _words = new byte[16 * 32];
    private int _length;

    /// <summary>Begins with the type's hash.</summary>
    public TypedDataEncoder(Hash32 typeHash) => Word(typeHash);

    /// <summary>keccak256 of encodeType: the struct's own signature followed by those of the structs it uses, sorted by name.</summary>
    public static Hash32 TypeHash(string encodedType) => Keccak256.Of(Encoding.UTF8.GetBytes(encodedType));

    /// <summary>bytes32.</summary>
    public TypedDataEncoder Word(Hash32 value)
    {
        value.CopyTo(Next());
        return this;
    }

    /// <summary>address.</summary>
    public TypedDataEncoder Address(Address value)
    {
        value.CopyTo(Next()[12..]);
        return this;
    }

    /// <summary>Any unsigned integer type of at most 128 bits.</summary>
    public TypedDataEncoder Number(UInt128 value)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(Next()[16..], value);
        return this;
    }

    /// <summary>int64, sign-extended to 32 bytes.</summary>
    public TypedDataEncoder Integer(long value)
    {
        var word = Next();
        word.Fill(value < 0 ? (byte)0xFF : (byte)0);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(word[24..], value);
        return this;
    }

    /// <summary>string: the hash of its UTF-8 bytes.</summary>
    public TypedDataEncoder Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>bytes: the hash of the content.</summary>
    public TypedDataEncoder Bytes(ReadOnlySpan<byte> value)
    {
        Keccak256.Hash(value, Next());
        return this;
    }

    /// <summary>A nested struct: its hashStruct.</summary>
    public TypedDataEncoder Struct(ITypedData value) => Word(value.StructHash());

    /// <summary>An array: the hash of its encoded elements, one word each.</summary>
    public TypedDataEncoder Array<T>(IReadOnlyList<T> items, Action<TypedDataEncoder, T> encode)
    {
        var elements = new TypedDataEncoder();
        foreach (var item in items)
        {
            encode(elements, item);
        }

        return Word(elements.Hash());
    }

    private TypedDataEncoder()
    {
    }

    /// <summary>keccak256 of all words so far.</summary>
    public Hash32 Hash() => Keccak256.Of(_words.AsSpan(0, _length));

    private Span<byte> Next()
    {
        if (_length == _words.Length)
        {
            System.Array.Resize(ref _words, 2 * _words.Length);
        }

        _length += 32;
        var word = _words.AsSpan(_length - 32, 32);
        word.Clear();
        return word;
    }
}
