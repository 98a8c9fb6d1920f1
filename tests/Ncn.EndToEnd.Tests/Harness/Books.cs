using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Who holds how much of the token, read from the chain by plain JSON-RPC, all at one block.</summary>
internal sealed record Books(IReadOnlyDictionary<string, BigInteger> Held, BigInteger Supply)
{
    private const string BalanceOf = "0x70a08231000000000000000000000000";
    private const string TotalSupply = "0x18160ddd";

    /// <summary>ProtocolFeePaid(address receiver, address token, uint256 subnetId, uint128 fee), the first three indexed.</summary>
    private static readonly string ProtocolFeePaid = "0x" + Convert.ToHexStringLower(Keccak256.Hash("ProtocolFeePaid(address,address,uint256,uint128)"u8));

    /// <summary>Settled(address receiver, address token, address sender, uint128 amount), the first three indexed.</summary>
    private static readonly string Settled = "0x" + Convert.ToHexStringLower(Keccak256.Hash("Settled(address,address,address,uint128)"u8));

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

    /// <summary>Each protocol fee that was taken from what the receiver earned.</summary>
    public static Task<IReadOnlyList<BigInteger>> FeesAsync(LocalNetwork network, Address receiver) => AmountsAsync(network, ProtocolFeePaid, WordOf(receiver));

    /// <summary>Each protocol fee that went to a subnet's validators.</summary>
    public static Task<IReadOnlyList<BigInteger>> FeesAsync(LocalNetwork network, SubnetId subnet) =>
        AmountsAsync(network, ProtocolFeePaid, null, null, "0x" + subnet.Value.ToString("x64", CultureInfo.InvariantCulture));

    /// <summary>Each protocol fee, whoever earned.</summary>
    public static Task<IReadOnlyList<BigInteger>> FeesAsync(LocalNetwork network) => AmountsAsync(network, ProtocolFeePaid);

    /// <summary>Each payout to the receiver, before the fee.</summary>
    public static Task<IReadOnlyList<BigInteger>> PayoutsAsync(LocalNetwork network, Address receiver) => AmountsAsync(network, Settled, WordOf(receiver));

    private static async Task<IReadOnlyList<BigInteger>> AmountsAsync(LocalNetwork network, string topic, params string?[] indexed)
    {
        var filter = new
        {
            fromBlock = "0x0",
            address = network.Chain.GetProperty("inferencePayment").GetString(),
            topics = (string?[])[topic, .. indexed],
        };
        return [.. (await CallAsync(network, "eth_getLogs", filter)).EnumerateArray().Select(log => NumberOf(log.GetProperty("data")))];
    }

    private static string WordOf(Address address) => "0x" + new string('0', 24) + address.ToString()[2..].ToLowerInvariant();

    /// <summary>True when the transaction is in a block and did not revert.</summary>
    public static async Task<bool> SucceededAsync(LocalNetwork network, string transaction) =>
        (await CallAsync(network, "eth_getTransactionReceipt", transaction)).GetProperty("status").GetString() == "0x1";

    private static async Task<BigInteger> AskTokenAsync(LocalNetwork network, string data, string block)
    {
        var word = await CallAsync(network, "eth_call", new { to = network.Chain.GetProperty("token").GetString(), data }, block);
        return NumberOf(word);
    }

    private static BigInteger NumberOf(JsonElement word) => BigInteger.Parse("0" + word.GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static async Task<JsonElement> CallAsync(LocalNetwork network, string method, params object[] parameters)
    {
        var body = JsonSerializer.Serialize(new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        var answer = (await Web.PostAsync(new Uri(network.Chain.GetProperty("rpc").GetString()!), body)).IsOk().Json;
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"{method}: {answer.GetRawText()}");
    }
}
