using Google.Protobuf;
using Ncn.Inference.Generation;
using WireLogprob = Ncn.Protocol.Grpc.TokenLogprob;
using WireLogprobs = Ncn.Protocol.Grpc.TokenLogprobs;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>Log-probabilities as they travel in a chunk, with the bytes of each token.</summary>
internal static class LogprobWire
{
    /// <summary>One entry for the token of an event; none when they were not asked for.</summary>
    public static IReadOnlyList<WireLogprobs> Of(GenerationEvent.Token token, DecoderModel model)
    {
        if (token.Logprobs is not { } logprobs)
        {
            return [];
        }

        var wire = new WireLogprobs { Logprob = logprobs.Logprob, Text = Text(model, token.TokenId) };
        wire.Top.AddRange(logprobs.Top.Select(other => new WireLogprob { TokenId = other.TokenId, Logprob = other.Logprob, Text = Text(model, other.TokenId) }));
        return [wire];
    }

    private static ByteString Text(DecoderModel model, int token) => UnsafeByteOperations.UnsafeWrap(model.BytesOf(token));
}
