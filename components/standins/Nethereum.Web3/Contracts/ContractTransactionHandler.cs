using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.TransactionManagers;

namespace Nethereum.Contracts.ContractHandlers;

public interface IContractTransactionHandler<TContractMessage>
    where TContractMessage : FunctionMessage, new()
{
    Task<HexBigInteger> EstimateGasAsync(string contractAddress, TContractMessage functionMessage = null);

    Task<TransactionReceipt> SendRequestAndWaitForReceiptAsync(string contractAddress, TContractMessage functionMessage, CancellationToken cancellationToken);

    Task<string> SendRequestAsync(string contractAddress, TContractMessage functionMessage = null);

    Task<string> SignTransactionAsync(string contractAddress, TContractMessage functionMessage = null);
}

internal sealed class ContractTransactionHandler<TContractMessage>(ITransactionManager manager) : IContractTransactionHandler<TContractMessage>
    where TContractMessage : FunctionMessage, new()
{
    public async Task<HexBigInteger> EstimateGasAsync(string contractAddress, TContractMessage functionMessage = null)
    {
        try
        {
            return await manager.EstimateGasAsync((functionMessage ?? new()).CreateCallInput(contractAddress)).ConfigureAwait(false);
        }
        catch (RpcResponseException exception)
        {
            ContractRevert.Throw(exception);
            throw;
        }
    }

    public async Task<TransactionReceipt> SendRequestAndWaitForReceiptAsync(string contractAddress, TContractMessage functionMessage, CancellationToken cancellationToken)
    {
        var hash = await SendRequestAsync(contractAddress, functionMessage).ConfigureAwait(false);
        return await new ReceiptPolling(manager.Client).PollForReceiptAsync(hash, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> SendRequestAsync(string contractAddress, TContractMessage functionMessage = null) =>
        await manager.SendTransactionAsync(await PrepareAsync(contractAddress, functionMessage).ConfigureAwait(false)).ConfigureAwait(false);

    public async Task<string> SignTransactionAsync(string contractAddress, TContractMessage functionMessage = null) =>
        await manager.SignTransactionAsync(await PrepareAsync(contractAddress, functionMessage).ConfigureAwait(false)).ConfigureAwait(false);

    // Estimating here, not in the manager, turns a revert into its own exception before a nonce is taken.
    private async Task<TransactionInput> PrepareAsync(string contractAddress, TContractMessage functionMessage)
    {
        var input = (functionMessage ?? new()).CreateTransactionInput(contractAddress);
        input.Gas ??= await EstimateGasAsync(contractAddress, functionMessage).ConfigureAwait(false);
        return input;
    }
}
