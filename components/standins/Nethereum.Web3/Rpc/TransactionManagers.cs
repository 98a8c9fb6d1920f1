using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.NonceServices;
using Nethereum.RPC.TransactionManagers;

namespace Nethereum.RPC.Accounts
{
    public interface IAccount
    {
        string Address { get; }

        INonceService NonceService { get; set; }

        ITransactionManager TransactionManager { get; }
    }
}

namespace Nethereum.RPC.TransactionManagers
{
    public interface ITransactionManager
    {
        IClient Client { get; set; }

        Accounts.IAccount Account { get; }

        Task<HexBigInteger> EstimateGasAsync(CallInput callInput);

        Task<string> SendTransactionAsync(TransactionInput transactionInput);

        Task<TransactionReceipt> SendTransactionAndWaitForReceiptAsync(TransactionInput transactionInput, CancellationToken cancellationToken = default);

        Task<string> SignTransactionAsync(TransactionInput transaction);
    }
}

namespace Nethereum.RPC.TransactionReceipts
{
    public interface ITransactionReceiptService
    {
        Task<TransactionReceipt> PollForReceiptAsync(string transaction, CancellationToken cancellationToken = default);
    }
}

namespace Nethereum.RPC.NonceServices
{
    public interface INonceService
    {
        IClient Client { get; set; }

        Task<HexBigInteger> GetNextNonceAsync();

        Task ResetNonceAsync();
    }
}
