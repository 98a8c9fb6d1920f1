using Google.Protobuf;
using Inference;
using Ncn.Protocol;

namespace Ncn.Verification.Grpc;

/// <summary>Reads the tensors of a serialised response.</summary>
public static class TensorReader
{
    private const int MaxTensors = 1024;

    /// <summary>The outputs; null when the bytes are no response whose outputs have known types and the data that their shapes say.</summary>
    public static IReadOnlyList<TensorValue>? Read(ByteString answer)
    {
        try
        {
            ModelInferResponse response = ModelInferResponse.Parser.ParseFrom(answer);
            return response.Outputs.Count > MaxTensors || response.Outputs.Count != response.RawOutputContents.Count ? null
                : All(response.Outputs.Zip(response.RawOutputContents));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static List<TensorValue>? All(IEnumerable<(ModelInferResponse.Types.InferOutputTensor Output, ByteString Data)> outputs)
    {
        var tensors = new List<TensorValue>();
        foreach ((ModelInferResponse.Types.InferOutputTensor output, ByteString data) in outputs)
        {
            if (!TensorDatatypes.TryParse(output.Datatype, out TensorDatatype datatype))
            {
                return null;
            }

            var tensor = new TensorValue(output.Name, datatype, [.. output.Shape], data.Memory);
            bool fits = tensor.ElementCount() is { } elements
                && (datatype == TensorDatatype.BYTES ? tensor.CountByteElements() == elements : elements * datatype.Width() == data.Length);
            if (!fits)
            {
                return null;
            }

            tensors.Add(tensor);
        }

        return tensors;
    }
}
