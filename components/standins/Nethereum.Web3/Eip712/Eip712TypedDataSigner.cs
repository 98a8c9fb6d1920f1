using Nethereum.ABI.EIP712;
using Nethereum.Util;

namespace Nethereum.Signer.EIP712;

/// <summary>Signs EIP-712 typed data as wallets do for eth_signTypedData_v4.</summary>
public class Eip712TypedDataSigner
{
    public static Eip712TypedDataSigner Current { get; } = new();

    public byte[] EncodeTypedData<T, TDomain>(T message, TypedData<TDomain> typedData) =>
        Eip712TypedDataEncoder.Current.EncodeTypedData(message, typedData);

    public byte[] EncodeTypedData<TDomain>(TypedData<TDomain> typedData) =>
        Eip712TypedDataEncoder.Current.EncodeTypedData(typedData);

    public string SignTypedDataV4<T, TDomain>(T message, TypedData<TDomain> typedData, EthECKey key) =>
        Sign(EncodeTypedData(message, typedData), key);

    public string SignTypedDataV4<TDomain>(TypedData<TDomain> typedData, EthECKey key) =>
        Sign(EncodeTypedData(typedData), key);

    public string RecoverFromSignatureV4<T, TDomain>(T message, TypedData<TDomain> typedData, string signature) =>
        RecoverFromSignatureV4(EncodeTypedData(message, typedData), signature);

    public string RecoverFromSignatureV4(byte[] encodedData, string signature) =>
        new MessageSigner().EcRecover(Sha3Keccack.Current.CalculateHash(encodedData), signature);

    private static string Sign(byte[] encodedData, EthECKey key) =>
        new MessageSigner().Sign(Sha3Keccack.Current.CalculateHash(encodedData), key);
}
