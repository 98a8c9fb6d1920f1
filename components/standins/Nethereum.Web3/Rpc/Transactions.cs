using System.Text.Json.Serialization;
using Nethereum.Hex.HexTypes;

namespace Nethereum.RPC.Eth.DTOs;

public class CallInput
{
    public string From { get; set; }

    public string To { get; set; }

    public HexBigInteger Gas { get; set; }

    public HexBigInteger Value { get; set; }

    public HexBigInteger MaxFeePerGas { get; set; }

    public HexBigInteger MaxPriorityFeePerGas { get; set; }

    public string Data { get; set; }
}

public class TransactionInput : CallInput
{
    public HexBigInteger Nonce { get; set; }
}

public class TransactionReceipt
{
    public string TransactionHash { get; set; }

    public string BlockHash { get; set; }

    public HexBigInteger BlockNumber { get; set; }

    public string From { get; set; }

    public string To { get; set; }

    public string ContractAddress { get; set; }

    public HexBigInteger GasUsed { get; set; }

    public HexBigInteger EffectiveGasPrice { get; set; }

    public HexBigInteger Status { get; set; }

    public FilterLog[] Logs { get; set; }

    public bool? HasErrors() => Status is null ? null : Status.Value == 0;
}

public static class TransactionReceiptExtensions
{
    public static bool Succeeded(this TransactionReceipt receipt, bool treatNullStatusAsFailure = true) =>
        !receipt.Failed(treatNullStatusAsFailure);

    public static bool Failed(this TransactionReceipt receipt, bool treatNullStatusAsFailure = true) =>
        receipt.HasErrors() ?? treatNullStatusAsFailure;
}

public class FilterLog
{
    public bool Removed { get; set; }

    public HexBigInteger LogIndex { get; set; }

    public string TransactionHash { get; set; }

    public HexBigInteger TransactionIndex { get; set; }

    public string BlockHash { get; set; }

    public HexBigInteger BlockNumber { get; set; }

    public string Address { get; set; }

    public string Data { get; set; }

    public object[] Topics { get; set; }
}

public class NewFilterInput
{
    public BlockParameter FromBlock { get; set; }

    public BlockParameter ToBlock { get; set; }

    public string[] Address { get; set; }

    public object[] Topics { get; set; }
}

public class Block
{
    public HexBigInteger Number { get; set; }

    [JsonPropertyName("hash")]
    public string BlockHash { get; set; }

    public string ParentHash { get; set; }

    public HexBigInteger Timestamp { get; set; }

    public HexBigInteger BaseFeePerGas { get; set; }
}

public class BlockWithTransactionHashes : Block;

public class FeeHistoryResult
{
    public HexBigInteger[] BaseFeePerGas { get; set; }

    public HexBigInteger[][] Reward { get; set; }
}
