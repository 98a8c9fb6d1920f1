using System.Numerics;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC;
using Nethereum.RPC.Accounts;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.Eth.Transactions;
using Nethereum.RPC.NonceServices;
using Nethereum.RPC.TransactionManagers;
using Nethereum.Signer;

namespace Nethereum.Web3.Accounts;

/// <summary>Fills in what a transaction lacks (gas, nonce, fees), signs it as EIP-1559 and sends it raw.</summary>
internal sealed class AccountTransactionManager(Account account) : ITransactionManager
{
    private BigInteger? _chainId = account.ChainId;

    public IClient Client { get; set; }

    public IAccount Account => account;

    public Task<HexBigInteger> EstimateGasAsync(CallInput callInput)
    {
        callInput.From ??= account.Address;
        IEthEstimateGas request = new EthRequests(Client);
        return request.SendRequestAsync(callInput);
    }

    public async Task<string> SendTransactionAsync(TransactionInput transactionInput)
    {
        IEthSendRawTransaction request = new EthRequests(Client);
        return await request.SendRequestAsync(await SignTransactionAsync(transactionInput).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async Task<TransactionReceipt> SendTransactionAndWaitForReceiptAsync(TransactionInput transactionInput, CancellationToken cancellationToken = default)
    {
        var hash = await SendTransactionAsync(transactionInput).ConfigureAwait(false);
        return await new ReceiptPolling(Client).PollForReceiptAsync(hash, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> SignTransactionAsync(TransactionInput transaction)
    {
        if (transaction.From is not null && !string.Equals(transaction.From, account.Address, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException($"The account {account.Address} cannot sign for {transaction.From}.", nameof(transaction));
        }

        transaction.From = account.Address;
        transaction.Gas ??= await EstimateGasAsync(transaction).ConfigureAwait(false);
        transaction.Nonce ??= await NextNonceAsync().ConfigureAwait(false);
        if (transaction.MaxFeePerGas is null || transaction.MaxPriorityFeePerGas is null)
        {
            (transaction.MaxFeePerGas, transaction.MaxPriorityFeePerGas) = await FeeSuggestion.AskAsync(Client).ConfigureAwait(false);
        }

        _chainId ??= (await Client.SendRequestAsync<HexBigInteger>("eth_chainId").ConfigureAwait(false)).Value;
        return Transaction1559.Sign(transaction, _chainId.Value, account.Key);
    }

    private Task<HexBigInteger> NextNonceAsync()
    {
        account.NonceService ??= new InMemoryNonceService(account.Address, Client);
        account.NonceService.Client = Client;
        return account.NonceService.GetNextNonceAsync();
    }
}
