using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Nethereum.Contracts.Services;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC;
using Nethereum.RPC.Accounts;
using Nethereum.RPC.TransactionManagers;
using Nethereum.RPC.TransactionReceipts;

namespace Nethereum.Web3;

public interface IWeb3
{
    IClient Client { get; }

    IEthApiContractService Eth { get; }

    ITransactionManager TransactionManager { get; set; }

    ITransactionReceiptService TransactionReceiptPolling { get; set; }
}

/// <summary>One node, and optionally one account that signs.</summary>
public class Web3 : IWeb3
{
    private const string LocalNode = "http://localhost:8545/";

    private readonly EthApiContractService _eth;

    public Web3(IClient client)
    {
        Client = client;
        _eth = new EthApiContractService(client);
        TransactionReceiptPolling = new ReceiptPolling(client);
    }

    public Web3(IAccount account, IClient client)
        : this(client)
    {
        TransactionManager = account.TransactionManager;
        TransactionManager.Client = client;
    }

    public Web3(string url = LocalNode, ILogger log = null, AuthenticationHeaderValue authenticationHeader = null)
        : this(new RpcClient(new Uri(url), log, authenticationHeader))
    {
    }

    public Web3(IAccount account, string url = LocalNode, ILogger log = null, AuthenticationHeaderValue authenticationHeader = null)
        : this(account, new RpcClient(new Uri(url), log, authenticationHeader))
    {
    }

    public IClient Client { get; }

    public IEthApiContractService Eth => _eth;

    public ITransactionManager TransactionManager
    {
        get => _eth.TransactionManager;
        set => _eth.TransactionManager = value;
    }

    public ITransactionReceiptService TransactionReceiptPolling { get; set; }
}
