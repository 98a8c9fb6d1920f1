using System.Numerics;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;

namespace Nethereum.RPC;

/// <summary>EIP-1559 fees from the node's fee history: the median tip of recent blocks, and room for the base fee to double.</summary>
internal static class FeeSuggestion
{
    private const string Blocks = "0x5";
    private const int MedianPercentile = 50;

    internal static async Task<(HexBigInteger MaxFee, HexBigInteger Tip)> AskAsync(IClient client)
    {
        var history = await client.SendRequestAsync<FeeHistoryResult>("eth_feeHistory", null, Blocks, "latest", new[] { MedianPercentile }).ConfigureAwait(false);
        var nextBaseFee = history.BaseFeePerGas[^1].Value;
        var tips = (history.Reward ?? []).Select(block => block[0].Value).Where(tip => tip > 0).Order().ToArray();
        var tip = tips.Length == 0 ? BigInteger.Zero : tips[tips.Length / 2];
        return (new HexBigInteger((nextBaseFee * 2) + tip), new HexBigInteger(tip));
    }
}
