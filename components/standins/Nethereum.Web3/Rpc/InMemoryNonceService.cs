using System.Numerics;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.Eth.Transactions;

namespace Nethereum.RPC.NonceServices;

/// <summary>Hands out nonces in order, so that several transactions can be under way at once.</summary>
public class InMemoryNonceService : INonceService
{
    private readonly string _account;
    private readonly SemaphoreSlim _turn = new(1, 1);

    public InMemoryNonceService(string account, IClient client) => (_account, Client) = (account, client);

    public IClient Client { get; set; }

    public BigInteger CurrentNonce { get; set; } = -1;

    public async Task<HexBigInteger> GetNextNonceAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            IEthGetTransactionCount transactionCount = new EthRequests(Client);
            var pending = await transactionCount.SendRequestAsync(_account, BlockParameter.CreatePending()).ConfigureAwait(false);
            CurrentNonce = BigInteger.Max(pending.Value, CurrentNonce + 1);
            return new HexBigInteger(CurrentNonce);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task ResetNonceAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        CurrentNonce = -1;
        _turn.Release();
    }
}
