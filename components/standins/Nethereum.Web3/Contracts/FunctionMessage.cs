using System.Numerics;
using Nethereum.ABI;
using Nethereum.Contracts.CQS;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.Hex.HexTypes;
using Nethereum.RPC.Eth.DTOs;

namespace Nethereum.Contracts.CQS
{
    /// <summary>What every message to a contract carries besides its parameters.</summary>
    public abstract class ContractMessageBase
    {
        public virtual BigInteger AmountToSend { get; set; }

        public virtual string FromAddress { get; set; }

        public virtual BigInteger? Gas { get; set; }

        public virtual BigInteger? MaxFeePerGas { get; set; }

        public virtual BigInteger? MaxPriorityFeePerGas { get; set; }

        public virtual BigInteger? Nonce { get; set; }
    }
}

namespace Nethereum.Contracts
{
    /// <summary>A call of one contract function; a subclass carries [Function] and its parameters.</summary>
    public class FunctionMessage : ContractMessageBase;

    public static class FunctionMessageExtensions
    {
        public static byte[] GetCallData<TContractMessage>(this TContractMessage contractMessage)
            where TContractMessage : FunctionMessage, new() => AbiSignature.EncodeCall(contractMessage).HexToByteArray();

        public static CallInput CreateCallInput<TContractMessage>(this TContractMessage contractMessage, string contractAddress)
            where TContractMessage : FunctionMessage, new() => Fill(new CallInput(), contractMessage, contractAddress);

        public static TransactionInput CreateTransactionInput<TContractMessage>(this TContractMessage contractMessage, string contractAddress)
            where TContractMessage : FunctionMessage, new()
        {
            var input = Fill(new TransactionInput(), contractMessage, contractAddress);
            input.Nonce = Quantity(contractMessage.Nonce);
            return input;
        }

        private static TInput Fill<TInput, TMessage>(TInput input, TMessage message, string contractAddress)
            where TInput : CallInput
            where TMessage : FunctionMessage
        {
            input.From = message.FromAddress;
            input.To = contractAddress;
            input.Data = AbiSignature.EncodeCall(message);
            input.Value = new HexBigInteger(message.AmountToSend);
            input.Gas = Quantity(message.Gas);
            input.MaxFeePerGas = Quantity(message.MaxFeePerGas);
            input.MaxPriorityFeePerGas = Quantity(message.MaxPriorityFeePerGas);
            return input;
        }

        private static HexBigInteger Quantity(BigInteger? value) => value is null ? null : new HexBigInteger(value.Value);
    }
}
