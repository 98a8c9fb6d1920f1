using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Inference;

namespace Ncn.OpenInference;

/// <summary>
/// The binary tensor data extension: tensors as bytes behind the JSON, in the order in which the JSON names them. Numbers are little-endian;
/// an element of BYTES is its length as four bytes, then its bytes.
/// </summary>
public sealed class BinaryData
{
    /// <summary>Says how many bytes of a body are JSON; in requests and in answers.</summary>
    public const string Header = "Inference-Header-Content-Length";

    /// <summary>The media type of a body that is not only JSON.</summary>
    public const string ContentType = "application/octet-stream";

    /// <summary>An input's parameter: its bytes behind the JSON. Also on an output that was answered as bytes.</summary>
    public const string SizeParameter = "binary_data_size";

    // An output's own wish, and the one for all outputs that state none.
    private const string OutputWish = "binary_data";
    private const string RequestWish = "binary_data_output";

    private ReadOnlyMemory<byte> _rest;

    internal BinaryData(ReadOnlyMemory<byte> rest) => _rest = rest;

    /// <summary>True when the caller wants this output as bytes.</summary>
    public static bool Wants(ModelInferRequest request, string output)
    {
        ArgumentNullException.ThrowIfNull(request);
        ModelInferRequest.Types.InferRequestedOutputTensor? wanted = request.Outputs.FirstOrDefault(candidate => candidate.Name == output);
        return wanted is not null && wanted.Parameters.TryGetValue(OutputWish, out InferParameter? own)
            ? own.BoolParam
            : request.Parameters.TryGetValue(RequestWish, out InferParameter? all) && all.BoolParam;
    }

    /// <summary>The bytes of JSON in a body of this size.</summary>
    internal static int ReadHeader(string value, int bodyLength) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length <= bodyLength
            ? length
            : throw new OpenInferenceException($"{Header} must be the number of bytes of JSON at the body's start, 0 to {bodyLength}.");

    /// <summary>What the wishes say must be true or false.</summary>
    internal static void CheckWishes(ModelInferRequest request)
    {
        MustBeBoolean(request.Parameters, RequestWish);
        foreach (ModelInferRequest.Types.InferRequestedOutputTensor output in request.Outputs)
        {
            MustBeBoolean(output.Parameters, OutputWish);
        }
    }

    /// <summary>The next bytes, when the input says that it has some; they are a view of the body.</summary>
    internal ByteString? Take(ModelInferRequest.Types.InferInputTensor input)
    {
        if (!input.Parameters.TryGetValue(SizeParameter, out InferParameter? parameter))
        {
            return null;
        }

        if (parameter.ParameterChoiceCase != InferParameter.ParameterChoiceOneofCase.Int64Param
            || parameter.Int64Param < 0 || parameter.Int64Param > _rest.Length)
        {
            throw new OpenInferenceException(
                $"{SizeParameter} of input {input.Name} must be a number of bytes, 0 to the {_rest.Length} that follow the JSON and the inputs before it; {Header} says how long the JSON is.");
        }

        input.Parameters.Remove(SizeParameter);
        ReadOnlyMemory<byte> bytes = _rest[..(int)parameter.Int64Param];
        _rest = _rest[bytes.Length..];
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    internal void MustBeEmpty()
    {
        if (!_rest.IsEmpty)
        {
            throw new OpenInferenceException($"{_rest.Length} bytes follow the last input; each input's {SizeParameter} says how many are its own.");
        }
    }

    private static void MustBeBoolean(MapField<string, InferParameter> parameters, string name)
    {
        if (parameters.TryGetValue(name, out InferParameter? parameter) && parameter.ParameterChoiceCase != InferParameter.ParameterChoiceOneofCase.BoolParam)
        {
            throw new OpenInferenceException($"{name} must be true or false.");
        }
    }
}
