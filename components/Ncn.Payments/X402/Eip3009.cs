using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Payments.X402;

/// <summary>EIP-3009: anybody may move <paramref name="Value"/> from one account to another, once, within a time.</summary>
/// <param name="ValidAfter">Unix seconds, exclusive.</param>
/// <param name="ValidBefore">Unix seconds, exclusive.</param>
/// <param name="Nonce">Used once for ever by the payer.</param>
public sealed record TransferWithAuthorization(
    Address From, Address To, TokenAmount Value, TokenAmount ValidAfter, TokenAmount ValidBefore, Hash32 Nonce) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)");

    public Hash32 StructHash() => Eip3009.Encode(TypeHash, From, To, Value, ValidAfter, ValidBefore, Nonce);
}

/// <summary>EIP-3009: the same, which only <paramref name="To"/> itself may send.</summary>
public sealed record ReceiveWithAuthorization(
    Address From, Address To, TokenAmount Value, TokenAmount ValidAfter, TokenAmount ValidBefore, Hash32 Nonce) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)");

    public Hash32 StructHash() => Eip3009.Encode(TypeHash, From, To, Value, ValidAfter, ValidBefore, Nonce);
}

/// <summary>The payload of "exact": a signed EIP-3009 transfer.</summary>
public sealed record ExactPayload(Signature Signature, TransferWithAuthorization Authorization)
{
    /// <summary>Names the payment for ever: keccak of payer and nonce. A payer uses a nonce once.</summary>
    public Hash32 Id()
    {
        Span<byte> preimage = stackalloc byte[Address.Size + Hash32.Size];
        Authorization.From.CopyTo(preimage);
        Authorization.Nonce.CopyTo(preimage[Address.Size..]);
        return Keccak256.Of(preimage);
    }
}

/// <summary>The parts of EIP-3009 that payments and deposits share.</summary>
public static class Eip3009
{
    /// <summary>Where x402 clients expect the collector of EIP-3009 deposits; they sign for this address.</summary>
    public static Address CanonicalCollector { get; } = Address.Parse("0x4020806089470a89826cB9fB1f4059150b550004");

    /// <summary>The EIP-712 domain of the asset.</summary>
    public static Eip712Domain TokenDomain(ulong chainId, Address asset) => new(TokenName, TokenVersion, chainId, asset);

    /// <summary>EIP-712 name of USDC.</summary>
    public const string TokenName = "USD Coin";

    /// <summary>EIP-712 version of USDC.</summary>
    public const string TokenVersion = "2";

    /// <summary>The nonce of a deposit: keccak256(abi.encode(channelId, salt)), so that it serves this channel and no other.</summary>
    public static Hash32 DepositNonce(ChannelId channel, Hash32 salt) => Keccak256.Of([.. channel.Value.ToArray(), .. salt.ToArray()]);

    /// <summary>What the collector is given: abi.encode(uint256 validAfter, uint256 validBefore, uint256 salt, bytes signature).</summary>
    public static byte[] CollectorData(Erc3009Authorization authorization)
    {
        ArgumentNullException.ThrowIfNull(authorization);
        const int word = 32;
        const int words = 8;
        var data = new byte[words * word];
        WriteNumber(data, 0, authorization.ValidAfter.Units);
        WriteNumber(data, 1, authorization.ValidBefore.Units);
        authorization.Salt.CopyTo(data.AsSpan(2 * word));
        WriteNumber(data, 3, 4 * word);
        WriteNumber(data, 4, Signature.Size);
        authorization.Signature.CopyTo(data.AsSpan(5 * word));
        return data;

        static void WriteNumber(byte[] data, int index, UInt128 value) =>
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(data.AsSpan((index * word) + 16), value);
    }

    internal static Hash32 Encode(
        Hash32 typeHash, Address from, Address to, TokenAmount value, TokenAmount validAfter, TokenAmount validBefore, Hash32 nonce) =>
        new TypedDataEncoder(typeHash).Address(from).Address(to).Number(value.Units).Number(validAfter.Units).Number(validBefore.Units)
            .Word(nonce).Hash();
}
