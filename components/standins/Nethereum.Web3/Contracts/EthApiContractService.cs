using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Contracts.ContractHandlers;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC;
using Nethereum.RPC.Eth;
using Nethereum.RPC.Eth.Services;
using Nethereum.RPC.Eth.Transactions;
using Nethereum.RPC.TransactionManagers;

namespace Nethereum.Contracts.Services;

public interface IEthApiContractService : IEthApiService
{
    IContractQueryHandler<TContractFunctionMessage> GetContractQueryHandler<TContractFunctionMessage>()
        where TContractFunctionMessage : FunctionMessage, new();

    IContractTransactionHandler<TContractFunctionMessage> GetContractTransactionHandler<TContractFunctionMessage>()
        where TContractFunctionMessage : FunctionMessage, new();

    Event<TEventType> GetEvent<TEventType>(string contractAddress)
        where TEventType : IEventDTO, new();
}

internal sealed class EthApiContractService(IClient client) : IEthApiContractService
{
    private readonly EthRequests _requests = new(client);

    public IClient Client => client;

    public IEthApiBlockService Blocks => _requests;

    public IEthFeeHistory FeeHistory => _requests;

    public IEthApiFilterService Filters => _requests;

    public IEthGetBalance GetBalance => _requests;

    public IEthGetCode GetCode => _requests;

    public IEthApiTransactionsService Transactions => _requests;

    public ITransactionManager TransactionManager { get; set; }

    public IContractQueryHandler<TContractFunctionMessage> GetContractQueryHandler<TContractFunctionMessage>()
        where TContractFunctionMessage : FunctionMessage, new() =>
        new ContractQueryHandler<TContractFunctionMessage>(_requests, TransactionManager?.Account.Address);

    public IContractTransactionHandler<TContractFunctionMessage> GetContractTransactionHandler<TContractFunctionMessage>()
        where TContractFunctionMessage : FunctionMessage, new() =>
        new ContractTransactionHandler<TContractFunctionMessage>(
            TransactionManager ?? throw new InvalidOperationException("This Web3 has no account to send transactions with."));

    public Event<TEventType> GetEvent<TEventType>(string contractAddress)
        where TEventType : IEventDTO, new() => new(client, contractAddress);
}
