using Nethereum.ABI;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.RPC.Eth.Transactions;

namespace Nethereum.Contracts.ContractHandlers;

public interface IContractQueryHandler<TFunctionMessage>
    where TFunctionMessage : FunctionMessage, new()
{
    Task<TFunctionOutput> QueryAsync<TFunctionOutput>(string contractAddress, TFunctionMessage functionMessage = null, BlockParameter block = null);

    Task<TFunctionOutput> QueryDeserializingToObjectAsync<TFunctionOutput>(TFunctionMessage functionMessage, string contractAddress, BlockParameter block = null)
        where TFunctionOutput : IFunctionOutputDTO, new();
}

internal sealed class ContractQueryHandler<TFunctionMessage>(IEthCall call, string from) : IContractQueryHandler<TFunctionMessage>
    where TFunctionMessage : FunctionMessage, new()
{
    public async Task<TFunctionOutput> QueryAsync<TFunctionOutput>(string contractAddress, TFunctionMessage functionMessage = null, BlockParameter block = null)
    {
        var output = await CallAsync(contractAddress, functionMessage, block).ConfigureAwait(false);
        var function = AbiSignature.Required<FunctionAttribute>(typeof(TFunctionMessage));
        var type = AbiTypeParser.Parse(
            function.ReturnType ?? throw new InvalidOperationException($"[Function] of {typeof(TFunctionMessage).Name} names no return type."),
            typeof(TFunctionOutput));
        return (TFunctionOutput)type.Decode(AbiType.ElementAt(output, 0, type), typeof(TFunctionOutput));
    }

    public async Task<TFunctionOutput> QueryDeserializingToObjectAsync<TFunctionOutput>(TFunctionMessage functionMessage, string contractAddress, BlockParameter block = null)
        where TFunctionOutput : IFunctionOutputDTO, new()
    {
        var output = await CallAsync(contractAddress, functionMessage, block).ConfigureAwait(false);
        var result = new TFunctionOutput();
        AbiStruct.DecodeMembers(AbiStruct.Of(typeof(TFunctionOutput)).Members, output, result);
        return result;
    }

    private async Task<byte[]> CallAsync(string contractAddress, TFunctionMessage message, BlockParameter block)
    {
        var input = (message ?? new TFunctionMessage()).CreateCallInput(contractAddress);
        input.From ??= from;
        try
        {
            var output = await call.SendRequestAsync(input, block ?? BlockParameter.CreateLatest()).ConfigureAwait(false);
            return output.HexToByteArray();
        }
        catch (RpcResponseException exception)
        {
            ContractRevert.Throw(exception);
            throw;
        }
    }
}
