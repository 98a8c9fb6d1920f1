using Ncn.Protocol;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>A piece of a job's output.</summary>
/// <param name="Index">From 0 in this attempt.</param>
/// <param name="TokenIds">New tokens; none in a chunk that only frees held-back text, or that carries tensors.</param>
/// <param name="Text">Whole characters only.</param>
/// <param name="Tensors">A serialised response of a tensor model; empty otherwise.</param>
/// <param name="RollingHash">See <see cref="RollingOutputHash"/>.</param>
/// <param name="PromptTokens">Tokens of the prompt, without the committed ones; on the first chunk, 0 on the others.</param>
/// <param name="Commitment">Signature of <see cref="StreamCommitment"/>; on every 16th chunk and the last.</param>
public sealed record JobChunk(
    uint Index, IReadOnlyList<int> TokenIds, string Text, ReadOnlyMemory<byte> Tensors, Hash32 RollingHash, uint PromptTokens, Signature? Commitment)
{
    /// <summary>What the model said of the chunk's token; null in a chunk without one. Not sent: the receipt's set holds what counts.</summary>
    public Fingerprint? Fingerprint { get; init; }

    /// <summary>One for each token, when the request asked for them. No part of the rolling hash.</summary>
    public IReadOnlyList<TokenLogprobs> Logprobs { get; init; } = [];

    /// <summary>The content for the client alone; token ids, text and tensors are then empty.</summary>
    public ReadOnlyMemory<byte> Sealed { get; init; }

    /// <summary>Tokens in <see cref="Sealed"/>; rows for tensors.</summary>
    public uint SealedTokens { get; init; }
}
