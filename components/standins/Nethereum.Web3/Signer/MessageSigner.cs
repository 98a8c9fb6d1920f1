using System.Globalization;
using System.Text;
using Nethereum.Util;

namespace Nethereum.Signer;

/// <summary>Signs a 32-byte hash as it is.</summary>
public class MessageSigner
{
    public virtual string Sign(byte[] message, EthECKey key) =>
        EthECDSASignature.CreateStringSignature(key.SignAndCalculateV(message));

    public virtual string EcRecover(byte[] hashMessage, string signature) =>
        EthECKey.RecoverFromSignature(EthECDSASignature.Parse(signature), hashMessage).GetPublicAddress();
}

/// <summary>Signs a message of any length behind the prefix of EIP-191 (personal_sign).</summary>
public class EthereumMessageSigner : MessageSigner
{
    public override string Sign(byte[] message, EthECKey key) => base.Sign(HashPrefixedMessage(message), key);

    public override string EcRecover(byte[] message, string signature) =>
        base.EcRecover(HashPrefixedMessage(message), signature);

    public string EncodeUTF8AndSign(string message, EthECKey key) => Sign(Encoding.UTF8.GetBytes(message), key);

    public string EncodeUTF8AndEcRecover(string message, string signature) =>
        EcRecover(Encoding.UTF8.GetBytes(message), signature);

    public byte[] HashPrefixedMessage(byte[] message)
    {
        var length = message.Length.ToString(CultureInfo.InvariantCulture);
        return Sha3Keccack.Current.CalculateHash([.. Encoding.UTF8.GetBytes("\u0019Ethereum Signed Message:\n" + length), .. message]);
    }
}
