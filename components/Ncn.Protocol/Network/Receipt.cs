using System.Text.Json.Serialization;

namespace Ncn.Protocol;

/// <summary>A node's signed statement of one delivered piece of work (design section 7).</summary>
/// <param name="RequestId">The client's request.</param>
/// <param name="Attempt">Which attempt of the request this node ran.</param>
/// <param name="Node">Who ran it.</param>
/// <param name="Gateway">Who asked for it.</param>
/// <param name="ModelDigest">What was really loaded.</param>
/// <param name="InputHash">keccak-256 of the input bytes as received.</param>
/// <param name="OutputHash">The last <see cref="RollingOutputHash"/>.</param>
/// <param name="Seed">The sampling seed.</param>
/// <param name="PromptTokens">Tokens of the prompt; 0 for tensor models.</param>
/// <param name="CompletionTokens">Delivered tokens; for tensor models, rows.</param>
/// <param name="Price">What the node charges for this attempt, atomic units.</param>
/// <param name="ChannelId">The gateway→node channel that it is charged to; zero when free.</param>
/// <param name="Cumulative">The running total on that channel after this charge.</param>
/// <param name="FingerprintRoot">Root of the <see cref="FingerprintSet"/>; zero for an answer without a token and for models that give no tokens.</param>
/// <param name="StartedAt">Unix milliseconds.</param>
/// <param name="FinishedAt">Unix milliseconds.</param>
public sealed record Receipt(
    RequestId RequestId, uint Attempt, Address Node, Address Gateway, ModelDigest ModelDigest, Hash32 InputHash, Hash32 OutputHash,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] ulong Seed, uint PromptTokens, uint CompletionTokens, TokenAmount Price, ChannelId ChannelId, TokenAmount Cumulative,
    Hash32 FingerprintRoot, ulong StartedAt, ulong FinishedAt) : ITypedData
{
    private static readonly Hash32 TypeHash = TypedDataEncoder.TypeHash(
        "Receipt(bytes32 requestId,uint32 attempt,address node,address gateway,bytes32 modelDigest,bytes32 inputHash,bytes32 outputHash,"
        + "uint64 seed,uint32 promptTokens,uint32 completionTokens,uint128 price,bytes32 channelId,uint128 cumulative,"
        + "bytes32 fingerprintRoot,uint64 startedAt,uint64 finishedAt)");

    public Hash32 StructHash() => new TypedDataEncoder(TypeHash)
        .Word(RequestId.Value).Number(Attempt).Address(Node).Address(Gateway).Word(ModelDigest.Value).Word(InputHash)
        .Word(OutputHash).Number(Seed).Number(PromptTokens).Number(CompletionTokens).Number(Price.Units).Word(ChannelId.Value)
        .Number(Cumulative.Units).Word(FingerprintRoot).Number(StartedAt).Number(FinishedAt).Hash();
}
