using Google.Protobuf;
using Inference;
using Ncn.Protocol;

namespace Ncn.OpenInference.Messages;

/// <summary>Judges a serialised response from somebody who is not trusted: whether it can be given to a client.</summary>
public static class ResponseCheck
{
    /// <summary>True when the bytes are a response whose outputs have known types and exactly the data that their shapes say.</summary>
    public static bool IsReadable(ByteString bytes)
    {
        try
        {
            ModelInferResponse response = ModelInferResponse.Parser.ParseFrom(bytes);
            return response.Outputs.Count is > 0 and <= CodecLimits.MaxTensors && response.Outputs.Count == response.RawOutputContents.Count
                && response.Outputs.Zip(response.RawOutputContents).All(static output => Fits(output.First, output.Second));
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static bool Fits(ModelInferResponse.Types.InferOutputTensor output, ByteString data)
    {
        if (output.Shape.Count > CodecLimits.MaxDimensions || !TensorDatatypes.TryParse(output.Datatype, out TensorDatatype datatype))
        {
            return false;
        }

        var tensor = new TensorValue(output.Name, datatype, output.Shape, data.Memory);
        return tensor.ElementCount() is { } elements
            && (datatype == TensorDatatype.BYTES ? tensor.CountByteElements() == elements : elements * datatype.Width() == data.Length);
    }
}
