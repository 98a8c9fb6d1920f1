using System.Security.Cryptography;
using Google.Protobuf;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;
using Ncn.Protocol.Grpc;
using Ncn.Protocol.Sealing;

namespace Ncn.ComputeWorker.Tests.Sealing;

/// <summary>A client's side of sealed jobs: seals inputs, opens answers.</summary>
internal static class SealedJobs
{
    /// <summary>Seals an input as a gateway gets it.</summary>
    public static (Input Input, SealedAnswerReader Answer) Seal(
        HpkePublicKey key, ModelDigest model, byte[] input, uint maxTokens = 40, DateTimeOffset? issuedAt = null)
    {
        using var ephemeral = HpkePrivateKey.Derive(RandomNumberGenerator.GetBytes(HpkePrivateKey.Size));
        ulong time = (ulong)(issuedAt ?? DateTimeOffset.UtcNow).ToUnixTimeMilliseconds();
        var (box, answer) = SealedRequest.Seal(key, model, time, input, ephemeral);
        var sealedInput = new SealedInput
        {
            EncapsulatedKey = ByteString.CopyFrom(box.EncapsulatedKey.Span),
            Ciphertext = ByteString.CopyFrom(box.Ciphertext.Span),
            KeyId = ByteString.CopyFrom(box.KeyId.Span),
            MaxTokens = maxTokens,
        };
        return (new Input { Sealed = sealedInput }, answer);
    }

    /// <summary>Opens all parts; the last one must be the end.</summary>
    public static (IReadOnlyList<Chunk> Content, Completed End) Open(IEnumerable<Chunk> chunks, SealedAnswerReader answer)
    {
        List<RunEvent> events = [];
        foreach (Chunk chunk in chunks)
        {
            Assert.True(answer.TryOpen(chunk.Sealed.Span, out byte[] content), $"part {chunk.Index} does not open");
            events.Add(RunEvent.Parser.ParseFrom(content));
        }

        Assert.True(answer.IsComplete);
        Assert.All(events[..^1], each => Assert.Equal(RunEvent.KindOneofCase.Chunk, each.KindCase));
        return ([.. events[..^1].Select(each => each.Chunk)], events[^1].Completed);
    }
}
