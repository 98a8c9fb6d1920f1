using System.Buffers.Binary;
using Google.Protobuf;
using Inference;

namespace Ncn.Serving.Oip;

/// <summary>Judges a node's serialised response: whether <see cref="OipCodec.ToJson"/> can give it to a client.</summary>
internal static class TensorOutput
{
    private const int MaxOutputs = 64;
    private const int MaxDimensions = 8;

    /// <summary>True when the bytes are a response whose outputs have known types and exactly the data that their shapes say.</summary>
    public static bool IsReadable(ByteString bytes)
    {
        try
        {
            var response = ModelInferResponse.Parser.ParseFrom(bytes);
            return response.Outputs.Count is > 0 and <= MaxOutputs && response.Outputs.Count == response.RawOutputContents.Count
                && response.Outputs.Zip(response.RawOutputContents).All(static output => Fits(output.First, output.Second.Span));
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static bool Fits(ModelInferResponse.Types.InferOutputTensor output, ReadOnlySpan<byte> data)
    {
        if (output.Shape.Count > MaxDimensions || output.Shape.Any(static size => size < 0))
        {
            return false;
        }

        // In floating point a product of hostile sizes does not overflow; below 2^53 it is exact.
        var elements = output.Shape.Aggregate(1.0, static (product, size) => product * size);
        return Datatype.Size(output.Datatype) switch
        {
            -1 => false,
            { } size => elements * size == data.Length,
            null => elements == CountByteElements(data),
        };
    }

    // -1 when a length prefix leads beyond the data.
    private static long CountByteElements(ReadOnlySpan<byte> data)
    {
        long count = 0;
        while (!data.IsEmpty)
        {
            if (data.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(data) is var length && length > data.Length - 4)
            {
                return -1;
            }

            data = data[(4 + (int)length)..];
            count++;
        }

        return count;
    }
}
