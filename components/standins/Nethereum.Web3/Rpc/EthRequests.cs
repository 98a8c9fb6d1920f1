using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth;
using Nethereum.RPC.Eth.Blocks;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.Eth.Filters;
using Nethereum.RPC.Eth.Services;
using Nethereum.RPC.Eth.Transactions;

namespace Nethereum.RPC;

/// <summary>Every eth_ request that the stand-in knows, each behind its official interface.</summary>
internal sealed class EthRequests(IClient client) : IEthApiBlockService, IEthApiFilterService, IEthApiTransactionsService,
    IEthGetBalance, IEthGetCode, IEthGetBlockWithTransactionsHashesByNumber, IEthGetLogs, IEthCall, IEthEstimateGas, IEthFeeHistory,
    IEthGetTransactionCount, IEthGetTransactionReceipt, IEthSendRawTransaction
{
    IEthGetBlockWithTransactionsHashesByNumber IEthApiBlockService.GetBlockWithTransactionsHashesByNumber => this;

    IEthGetLogs IEthApiFilterService.GetLogs => this;

    IEthCall IEthApiTransactionsService.Call => this;

    IEthEstimateGas IEthApiTransactionsService.EstimateGas => this;

    IEthGetTransactionCount IEthApiTransactionsService.GetTransactionCount => this;

    IEthGetTransactionReceipt IEthApiTransactionsService.GetTransactionReceipt => this;

    IEthSendRawTransaction IEthApiTransactionsService.SendRawTransaction => this;

    Task<HexBigInteger> IEthGetBalance.SendRequestAsync(string address, object id) => Ask<HexBigInteger>("eth_getBalance", address, Latest);

    Task<HexBigInteger> IEthGetBalance.SendRequestAsync(string address, BlockParameter block, object id) =>
        Ask<HexBigInteger>("eth_getBalance", address, block);

    Task<string> IEthGetCode.SendRequestAsync(string address, object id) => Ask<string>("eth_getCode", address, Latest);

    Task<string> IEthGetCode.SendRequestAsync(string address, BlockParameter block, object id) => Ask<string>("eth_getCode", address, block);

    Task<BlockWithTransactionHashes> IEthGetBlockWithTransactionsHashesByNumber.SendRequestAsync(BlockParameter blockParameter, object id) =>
        Ask<BlockWithTransactionHashes>("eth_getBlockByNumber", blockParameter, false);

    Task<FilterLog[]> IEthGetLogs.SendRequestAsync(NewFilterInput newFilter, object id) => Ask<FilterLog[]>("eth_getLogs", newFilter);

    Task<string> IEthCall.SendRequestAsync(CallInput callInput, object id) => Ask<string>("eth_call", callInput, Latest);

    Task<string> IEthCall.SendRequestAsync(CallInput callInput, BlockParameter block, object id) => Ask<string>("eth_call", callInput, block);

    Task<HexBigInteger> IEthEstimateGas.SendRequestAsync(CallInput callInput, object id) => Ask<HexBigInteger>("eth_estimateGas", callInput);

    Task<FeeHistoryResult> IEthFeeHistory.SendRequestAsync(HexBigInteger blockCount, BlockParameter highestBlockNumber, decimal[] rewardPercentiles, object id) =>
        Ask<FeeHistoryResult>("eth_feeHistory", blockCount, highestBlockNumber, rewardPercentiles ?? []);

    Task<HexBigInteger> IEthGetTransactionCount.SendRequestAsync(string address, object id) =>
        Ask<HexBigInteger>("eth_getTransactionCount", address, Latest);

    Task<HexBigInteger> IEthGetTransactionCount.SendRequestAsync(string address, BlockParameter block, object id) =>
        Ask<HexBigInteger>("eth_getTransactionCount", address, block);

    Task<TransactionReceipt> IEthGetTransactionReceipt.SendRequestAsync(string transactionHash, object id) =>
        Ask<TransactionReceipt>("eth_getTransactionReceipt", transactionHash);

    Task<string> IEthSendRawTransaction.SendRequestAsync(string signedTransactionData, object id) =>
        Ask<string>("eth_sendRawTransaction", signedTransactionData.EnsureHexPrefix());

    private static BlockParameter Latest => BlockParameter.CreateLatest();

    // The concrete type of each parameter decides how it is written, so the array keeps them as objects.
    private Task<T> Ask<T>(string method, params object[] parameters) => client.SendRequestAsync<T>(method, null, parameters);
}
