using Google.Protobuf;
using Inference;

namespace Ncn.Serving.OpenAi;

/// <summary>The vectors in a node's answer to an embedding request: rows of little-endian floats.</summary>
public sealed class EmbeddingVectors
{
    private const string Output = "embedding";
    private readonly ByteString _rows;
    private readonly int _rowBytes;

    private EmbeddingVectors(ByteString rows, int count)
    {
        (_rows, Count) = (rows, count);
        _rowBytes = rows.Length / count;
    }

    /// <summary>Vectors in it.</summary>
    public int Count { get; }

    /// <summary>The bytes of one vector.</summary>
    public ReadOnlySpan<byte> Row(int index) => _rows.Span.Slice(index * _rowBytes, _rowBytes);

    /// <summary>The vectors of an answer; null when it does not have exactly so many, all of finite numbers.</summary>
    public static EmbeddingVectors? Read(ModelInferResponse response, uint rows)
    {
        ArgumentNullException.ThrowIfNull(response);
        for (var index = 0; index < response.Outputs.Count && index < response.RawOutputContents.Count; index++)
        {
            var (output, data) = (response.Outputs[index], response.RawOutputContents[index]);
            if (output.Name == Output && output.Datatype == "FP32" && output.Shape is [var count, > 0 and var width] && rows > 0 && count == rows
                && data.Length == count * width * sizeof(float) && AreFinite(data.Span))
            {
                return new EmbeddingVectors(data, (int)rows);
            }
        }

        return null;
    }

    // JSON has no other numbers, and an answer that cannot be written must be known before it is paid.
    private static bool AreFinite(ReadOnlySpan<byte> floats)
    {
        for (var at = 0; at < floats.Length; at += sizeof(float))
        {
            if (!float.IsFinite(System.Buffers.Binary.BinaryPrimitives.ReadSingleLittleEndian(floats[at..])))
            {
                return false;
            }
        }

        return true;
    }
}
