using System.Numerics;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.RPC.Accounts;
using Nethereum.RPC.NonceServices;
using Nethereum.RPC.TransactionManagers;
using Nethereum.Signer;

namespace Nethereum.Web3.Accounts;

/// <summary>An account whose key is in this process: transactions are signed here and sent raw.</summary>
public class Account : IAccount
{
    public Account(EthECKey key, BigInteger? chainId = null)
    {
        (Key, ChainId) = (key, chainId);
        Address = key.GetPublicAddress();
        TransactionManager = new AccountTransactionManager(this);
    }

    public Account(string privateKey, BigInteger? chainId = null)
        : this(new EthECKey(privateKey), chainId)
    {
    }

    public Account(byte[] privateKey, BigInteger? chainId = null)
        : this(new EthECKey(privateKey.ToHex()), chainId)
    {
    }

    public string Address { get; protected set; }

    public BigInteger? ChainId { get; }

    public string PrivateKey => Key.GetPrivateKey();

    public INonceService NonceService { get; set; }

    public ITransactionManager TransactionManager { get; protected set; }

    internal EthECKey Key { get; }
}
