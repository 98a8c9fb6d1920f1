using System.Buffers;
using System.IO.Compression;
using Grpc.Core;

namespace Grpc.Net;

/// <summary>Decompresses received messages. Nothing is compressed for sending: tensors and tokens hardly shrink.</summary>
internal static class MessageCompression
{
    internal const string AcceptedEncodings = "identity,gzip,deflate";
    private const int ChunkSize = 16 * 1024;

    internal static bool IsSupported(string? encoding) => encoding is null or "identity" or "gzip" or "deflate";

    internal static RpcException TooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size."));

    internal static ReadOnlySequence<byte> Decompress(string? encoding, ReadOnlySequence<byte> compressed, int? maxMessageSize)
    {
        using var source = new MemoryStream(compressed.ToArray(), writable: false);
        using Stream inflated = encoding switch
        {
            "gzip" => new GZipStream(source, CompressionMode.Decompress),
            "deflate" => new ZLibStream(source, CompressionMode.Decompress),
            null or "identity" => throw new RpcException(new Status(StatusCode.Internal, "Request did not include grpc-encoding value with compressed message.")),
            _ => throw new RpcException(new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {AcceptedEncodings}")),
        };
        return new ReadOnlySequence<byte>(ReadAll(inflated, maxMessageSize ?? int.MaxValue));
    }

    private static ReadOnlyMemory<byte> ReadAll(Stream inflated, int limit)
    {
        var output = new ArrayBufferWriter<byte>();
        try
        {
            int read;
            while ((read = inflated.Read(output.GetSpan(ChunkSize))) > 0)
            {
                output.Advance(read);
                if (output.WrittenCount > limit)
                {
                    throw TooLarge();
                }
            }
        }
        catch (InvalidDataException exception)
        {
            throw new RpcException(new Status(StatusCode.Internal, "Compressed message could not be decompressed.", exception));
        }
        return output.WrittenMemory;
    }
}
