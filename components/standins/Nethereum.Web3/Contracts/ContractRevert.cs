using Nethereum.ABI;
using Nethereum.ABI.FunctionEncoding;
using Nethereum.ABI.FunctionEncoding.Attributes;
using Nethereum.Hex.HexConvertors.Extensions;
using Nethereum.JsonRpc.Client;

namespace Nethereum.ABI.FunctionEncoding
{
    /// <summary>A contract reverted with a message: require(condition, "message").</summary>
    public class SmartContractRevertException : Exception
    {
        public SmartContractRevertException(string message, string encodedData, Exception innerException = null)
            : base("Smart contract error: " + message, innerException) => (RevertMessage, EncodedData) = (message, encodedData);

        public string RevertMessage { get; set; }

        public string EncodedData { get; set; }
    }
}

namespace Nethereum.Contracts
{
    /// <summary>A contract reverted with a custom error.</summary>
    public class SmartContractCustomErrorRevertException : Exception
    {
        public SmartContractCustomErrorRevertException(string encodedData)
            : base("Smart contract custom error revert") => ExceptionEncodedData = encodedData;

        public string ExceptionEncodedData { get; set; }

        public bool IsCustomErrorFor<TError>() => IsCustomErrorFor(typeof(TError));

        public bool IsCustomErrorFor(Type errorType)
        {
            var selector = AbiSignature.Selector(AbiSignature.Required<ErrorAttribute>(errorType).Name, errorType);
            return ExceptionEncodedData.RemoveHexPrefix().StartsWith(selector, StringComparison.OrdinalIgnoreCase);
        }

        public TError DecodeError<TError>()
            where TError : class, new()
        {
            if (!IsCustomErrorFor<TError>())
            {
                return null;
            }

            var error = new TError();
            AbiStruct.DecodeMembers(AbiStruct.Of(typeof(TError)).Members, ExceptionEncodedData.HexToByteArray().AsSpan(4), error);
            return error;
        }
    }
}

namespace Nethereum.Contracts.ContractHandlers
{
    internal static class ContractRevert
    {
        private const string ErrorSelector = "0x08c379a0";
        private const int SelectorBytes = 4;

        /// <summary>Throws the revert behind a JSON-RPC error, if there is one.</summary>
        internal static void Throw(RpcResponseException exception)
        {
            var data = exception.RpcError.GetDataAsString();
            if (data is null || !data.HasHexPrefix() || data.Length < 2 + (2 * SelectorBytes))
            {
                return;
            }

            if (!data.StartsWith(ErrorSelector, StringComparison.OrdinalIgnoreCase))
            {
                throw new SmartContractCustomErrorRevertException(data);
            }

            var text = new AbiBytes("string");
            var message = (string)text.Decode(AbiType.ElementAt(data.HexToByteArray().AsSpan(SelectorBytes), 0, text), typeof(string));
            throw new SmartContractRevertException(message, data, exception);
        }
    }
}
