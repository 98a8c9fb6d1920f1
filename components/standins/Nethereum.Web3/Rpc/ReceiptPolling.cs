using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.Eth.Transactions;
using Nethereum.RPC.TransactionReceipts;

namespace Nethereum.RPC;

/// <summary>Asks for a receipt ten times a second until there is one, or until the caller gives up.</summary>
internal sealed class ReceiptPolling(IClient client) : ITransactionReceiptService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public async Task<TransactionReceipt> PollForReceiptAsync(string transaction, CancellationToken cancellationToken = default)
    {
        IEthGetTransactionReceipt request = new EthRequests(client);
        while (true)
        {
            if (await request.SendRequestAsync(transaction).ConfigureAwait(false) is { } receipt)
            {
                return receipt;
            }

            await Task.Delay(Interval, cancellationToken).ConfigureAwait(false);
        }
    }
}
