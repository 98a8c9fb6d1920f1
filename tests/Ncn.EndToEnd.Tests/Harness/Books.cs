using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Who holds how much of the token, read from the chain by plain JSON-RPC, all at one block.</summary>
internal sealed record Books(IReadOnlyDictionary<string, BigInteger> Held, BigInteger Supply)
{
    private const string BalanceOf = "0x70a08231000000000000000000000000";
    private const string TotalSupply = "0x18160ddd";

    /// <summary>What client, gateway, nodes and contracts hold together.</summary>
    public BigInteger Sum => Held.Values.Aggregate(BigInteger.Zero, static (sum, held) => sum + held);

    public static async Task<Books> ReadAsync(LocalNetwork network)
    {
        var block = (await CallAsync(network, "eth_blockNumber")).GetString()!;
        var owners = network.Description.GetProperty("wallets").EnumerateArray()
            .ToDictionary(wallet => Path.GetFileNameWithoutExtension(wallet.GetProperty("keyFile").GetString()!), wallet => wallet.GetProperty("address").GetString()!);
        owners["contract"] = network.Chain.GetProperty("inferencePayment").GetString()!;
        owners["registry"] = network.Chain.GetProperty("validatorRegistry").GetString()!;
        var held = new Dictionary<string, BigInteger>();
        foreach (var (name, address) in owners)
        {
            held[name] = await AskTokenAsync(network, BalanceOf + address[2..], block);
        }

        return new Books(held, await AskTokenAsync(network, TotalSupply, block));
    }

    /// <summary>True when the transaction is in a block and did not revert.</summary>
    public static async Task<bool> SucceededAsync(LocalNetwork network, string transaction) =>
        (await CallAsync(network, "eth_getTransactionReceipt", transaction)).GetProperty("status").GetString() == "0x1";

    private static async Task<BigInteger> AskTokenAsync(LocalNetwork network, string data, string block)
    {
        var word = await CallAsync(network, "eth_call", new { to = network.Chain.GetProperty("token").GetString(), data }, block);
        return BigInteger.Parse("0" + word.GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private static async Task<JsonElement> CallAsync(LocalNetwork network, string method, params object[] parameters)
    {
        var body = JsonSerializer.Serialize(new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        var answer = (await Web.PostAsync(new Uri(network.Chain.GetProperty("rpc").GetString()!), body)).IsOk().Json;
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"{method}: {answer.GetRawText()}");
    }
}
