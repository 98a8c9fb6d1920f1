using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.Blocks;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.Eth.Filters;
using Nethereum.RPC.Eth.Services;
using Nethereum.RPC.Eth.Transactions;
using Nethereum.RPC.TransactionManagers;

namespace Nethereum.RPC
{
    public interface IRpcClientWrapper
    {
        IClient Client { get; }
    }

    public interface IEthApiService : IRpcClientWrapper
    {
        IEthApiBlockService Blocks { get; }

        IEthFeeHistory FeeHistory { get; }

        IEthApiFilterService Filters { get; }

        Eth.IEthGetBalance GetBalance { get; }

        Eth.IEthGetCode GetCode { get; }

        ITransactionManager TransactionManager { get; set; }

        IEthApiTransactionsService Transactions { get; }
    }
}

namespace Nethereum.RPC.Eth
{
    public interface IEthGetBalance
    {
        Task<HexBigInteger> SendRequestAsync(string address, object id = null);

        Task<HexBigInteger> SendRequestAsync(string address, BlockParameter block, object id = null);
    }

    public interface IEthGetCode
    {
        Task<string> SendRequestAsync(string address, object id = null);

        Task<string> SendRequestAsync(string address, BlockParameter block, object id = null);
    }
}

namespace Nethereum.RPC.Eth.Blocks
{
    public interface IEthGetBlockWithTransactionsHashesByNumber
    {
        Task<BlockWithTransactionHashes> SendRequestAsync(BlockParameter blockParameter, object id = null);
    }
}

namespace Nethereum.RPC.Eth.Filters
{
    public interface IEthGetLogs
    {
        Task<FilterLog[]> SendRequestAsync(NewFilterInput newFilter, object id = null);
    }
}

namespace Nethereum.RPC.Eth.Transactions
{
    public interface IEthCall
    {
        Task<string> SendRequestAsync(CallInput callInput, object id = null);

        Task<string> SendRequestAsync(CallInput callInput, BlockParameter block, object id = null);
    }

    public interface IEthEstimateGas
    {
        Task<HexBigInteger> SendRequestAsync(CallInput callInput, object id = null);
    }

    public interface IEthFeeHistory
    {
        Task<FeeHistoryResult> SendRequestAsync(
            HexBigInteger blockCount, BlockParameter highestBlockNumber, decimal[] rewardPercentiles = null, object id = null);
    }

    public interface IEthGetTransactionCount
    {
        Task<HexBigInteger> SendRequestAsync(string address, object id = null);

        Task<HexBigInteger> SendRequestAsync(string address, BlockParameter block, object id = null);
    }

    public interface IEthGetTransactionReceipt
    {
        Task<TransactionReceipt> SendRequestAsync(string transactionHash, object id = null);
    }

    public interface IEthSendRawTransaction
    {
        Task<string> SendRequestAsync(string signedTransactionData, object id = null);
    }
}

namespace Nethereum.RPC.Eth.Services
{
    public interface IEthApiBlockService
    {
        IEthGetBlockWithTransactionsHashesByNumber GetBlockWithTransactionsHashesByNumber { get; }
    }

    public interface IEthApiFilterService
    {
        IEthGetLogs GetLogs { get; }
    }

    public interface IEthApiTransactionsService
    {
        IEthCall Call { get; }

        IEthEstimateGas EstimateGas { get; }

        IEthGetTransactionCount GetTransactionCount { get; }

        IEthGetTransactionReceipt GetTransactionReceipt { get; }

        IEthSendRawTransaction SendRawTransaction { get; }
    }
}
