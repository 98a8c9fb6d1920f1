using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Hex.HexTypes;
using Nethereum.RLP;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Util;

namespace Nethereum.Signer;

/// <summary>A type-2 transaction (EIP-1559) with an empty access list.</summary>
internal static class Transaction1559
{
    private const byte Type = 2;

    /// <summary>The raw transaction as hexadecimal digits without 0x, as the official signer returns it.</summary>
    internal static string Sign(TransactionInput transaction, System.Numerics.BigInteger chainId, EthECKey key)
    {
        byte[][] fields =
        [
            RlpEncoder.Quantity(chainId),
            Quantity(transaction.Nonce),
            Quantity(transaction.MaxPriorityFeePerGas),
            Quantity(transaction.MaxFeePerGas),
            Quantity(transaction.Gas),
            Bytes(transaction.To),
            Quantity(transaction.Value),
            Bytes(transaction.Data),
            RlpEncoder.List(),
        ];
        var hash = Sha3Keccack.Current.CalculateHash([Type, .. RlpEncoder.List(fields)]);
        var signature = key.SignAndCalculateV(hash);
        byte[][] signed = [.. fields, RlpEncoder.Quantity(signature.V[0] - 27), Integer(signature.R), Integer(signature.S)];
        return ((byte[])[Type, .. RlpEncoder.List(signed)]).ToHex();
    }

    private static byte[] Quantity(HexBigInteger value) => RlpEncoder.Quantity(value?.Value ?? 0);

    private static byte[] Integer(byte[] bigEndian) => RlpEncoder.Element(bigEndian.AsSpan().TrimStart((byte)0));

    private static byte[] Bytes(string hex) => RlpEncoder.Element((hex ?? "").HexToByteArray());
}
