using Google.Protobuf;
using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Direct;

/// <summary>The wire form of a chunk.</summary>
internal static class WireChunk
{
    /// <summary>As it goes to the gateway, content and proof.</summary>
    public static Chunk Of(JobChunk chunk)
    {
        Chunk wire = Content(chunk);
        wire.PromptTokens = chunk.PromptTokens;
        wire.RollingHash = ByteString.CopyFrom(chunk.RollingHash.ToArray());
        wire.Commitment = chunk.Commitment is { } commitment ? ByteString.CopyFrom(commitment.ToArray()) : ByteString.Empty;
        wire.Sealed = UnsafeByteOperations.UnsafeWrap(chunk.Sealed);
        wire.SealedTokens = chunk.SealedTokens;
        return wire;
    }

    /// <summary>What the client asked for, and no more: of a sealed answer this is sealed.</summary>
    public static Chunk Content(JobChunk chunk)
    {
        var wire = new Chunk { Index = chunk.Index, Text = chunk.Text, Tensors = UnsafeByteOperations.UnsafeWrap(chunk.Tensors) };
        wire.TokenIds.AddRange(chunk.TokenIds);
        wire.Logprobs.AddRange(chunk.Logprobs);
        return wire;
    }
}
