using Google.Protobuf;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Serving.Execution;

namespace Ncn.Serving.Tests;

/// <summary>A node that changes anything about what it delivered or what it charges is found out.</summary>
public sealed class OutputVerifierTests : IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.Network(412346, Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3"));
    private static readonly Usage Limit = new(100, 40, 0);
    private static readonly ModelOffer Offer = new(
        default, "tiny-chat", "1", ModelOffer.Decoder, new ModelPrice(new(10), new(2), new(6), default), 512, 1, 4096, "CPU", [], []);

    private readonly Signer _node = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private readonly InferenceJob _job;

    public OutputVerifierTests() => _job = new InferenceJob(
        new RequestId(Hash32.Parse("0x" + new string('3', 64))), 0, Address.Parse("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"), _node.Address,
        default, default, 42, new TokenAmount(10_000), 1_790_000_000_000);

    public void Dispose() => _node.Dispose();

    [Fact]
    public void An_honest_stream_of_twenty_chunks_is_accepted()
    {
        var verifier = NewVerifier();
        var (chunks, receipt) = Deliver(20);
        Assert.All(chunks, chunk => Assert.Null(verifier.Accept(chunk)));
        Assert.Null(verifier.Accept(receipt, Fingerprints(20)));
    }

    [Fact]
    public void A_changed_text_breaks_the_chain()
    {
        var (chunks, _) = Deliver(3);
        chunks[1].Text = "something else";
        Assert.Contains("hash chain", FirstProblem(chunks), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dropped_chunk_is_noticed()
    {
        var (chunks, _) = Deliver(3);
        Assert.Contains("was due", FirstProblem([chunks[0], chunks[2]]), StringComparison.Ordinal);
    }

    [Fact]
    public void The_sixteenth_chunk_must_be_signed()
    {
        var (chunks, _) = Deliver(20);
        chunks[15].Commitment = ByteString.Empty;
        Assert.Contains("chunk 15 must be signed", FirstProblem(chunks), StringComparison.Ordinal);
    }

    [Fact]
    public void Signatures_that_nobody_wants_to_see_are_left_to_the_receipt_and_are_no_evidence_when_they_are_false()
    {
        var (chunks, receipt) = Deliver(20);
        chunks[15].Commitment = chunks[19].Commitment;
        Assert.Contains("signature of chunk 15", FirstProblem(chunks), StringComparison.Ordinal);

        var verifier = new OutputVerifier(_job, Offer, Limit, Domain, checksCommitments: false);
        Assert.All(chunks[..16], chunk => Assert.Null(verifier.Accept(chunk)));
        Assert.False(verifier.LastCommitment!.IsSignedFor(_job.RequestId, Domain));
        Assert.All(chunks[16..], chunk => Assert.Null(verifier.Accept(chunk)));
        Assert.True(verifier.LastCommitment!.IsSignedFor(_job.RequestId, Domain));
        Assert.False(verifier.LastCommitment.IsSignedFor(default, Domain));
        Assert.Null(verifier.Accept(receipt, Fingerprints(20)));
    }

    [Theory]
    [InlineData(154, true)]
    [InlineData(155, false)]
    [InlineData(77, true)]
    [InlineData(76, false)]
    public void A_node_that_is_held_to_a_service_may_charge_less_and_half_at_least(uint price, bool isTaken)
    {
        var promised = Offer with { Service = new ServiceLevel(250, 40) };
        var verifier = new OutputVerifier(_job with { Service = promised.Service }, promised, Limit, Domain);
        var (chunks, receipt) = Deliver(20);
        Assert.All(chunks, chunk => Assert.Null(verifier.Accept(chunk)));
        var problem = verifier.Accept(_node.Sign(receipt.Message with { Price = new TokenAmount(price) }, Domain), Fingerprints(20));
        Assert.Equal(isTaken, problem?.Contains("price", StringComparison.Ordinal) != true);
    }

    [Fact]
    public void Log_probabilities_are_one_for_each_token_and_no_larger_than_they_can_be()
    {
        var honest = new TokenLogprobs { Logprob = -1, Text = ByteString.CopyFromUtf8("hi") };
        var large = new TokenLogprobs { Text = ByteString.CopyFrom(new byte[2000]) };
        var crowded = new TokenLogprobs { Top = { Enumerable.Repeat(new TokenLogprob(), 21) } };
        (TokenLogprobs[] Told, string? Problem)[] cases = [([honest], null), ([honest, honest], "one for each token"), ([large], "larger"), ([crowded], "larger")];
        foreach (var (told, problem) in cases)
        {
            var (chunks, _) = Deliver(1);
            chunks[0].Logprobs.AddRange(told);
            Assert.Equal(problem is null, NewVerifier().Accept(chunks[0]) is not { } found || !found.Contains(problem ?? "", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Another_keys_commitment_is_refused()
    {
        var (chunks, _) = Deliver(20);
        chunks[15].Commitment = chunks[19].Commitment;
        Assert.Contains("not the node's", FirstProblem(chunks), StringComparison.Ordinal);
    }

    [Fact]
    public void More_tokens_than_asked_for_are_refused() =>
        Assert.Contains("more than 40 tokens", FirstProblem(Deliver(41).Chunks), StringComparison.Ordinal);

    [Fact]
    public void A_receipt_must_fit_the_delivery()
    {
        var (chunks, honest) = Deliver(5);
        (string Expected, Receipt Receipt)[] lies =
        [
            ("another job", honest.Message with { Attempt = 1 }),
            ("other parties", honest.Message with { Gateway = Address.Zero }),
            ("another model", honest.Message with { ModelDigest = new ModelDigest(Hash32.Parse("0x" + new string('9', 64))) }),
            ("another input or seed", honest.Message with { Seed = 1 }),
            ("not what was delivered", honest.Message with { OutputHash = default }),
            ("token counts", honest.Message with { CompletionTokens = 6 }),
            ("token counts", honest.Message with { PromptTokens = 101 }),
            ("price", honest.Message with { Price = new TokenAmount(9_999) }),
        ];
        foreach (var (expected, lie) in lies)
        {
            var verifier = NewVerifier();
            Assert.All(chunks, chunk => Assert.Null(verifier.Accept(chunk)));
            Assert.Contains(expected, verifier.Accept(_node.Sign(lie, Domain), Fingerprints(5)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_receipt_signed_by_somebody_else_is_refused()
    {
        using var stranger = new Signer(Enumerable.Repeat((byte)8, 32).ToArray());
        var (chunks, honest) = Deliver(5);
        var verifier = NewVerifier();
        Assert.All(chunks, chunk => Assert.Null(verifier.Accept(chunk)));
        Assert.Contains("signature", verifier.Accept(stranger.Sign(honest.Message, Domain), Fingerprints(5)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_receipt_without_a_signed_last_chunk_is_refused()
    {
        var (chunks, honest) = Deliver(5);
        chunks[^1].Commitment = ByteString.Empty;
        var verifier = NewVerifier();
        Assert.All(chunks, chunk => Assert.Null(verifier.Accept(chunk)));
        Assert.Contains("last chunk", verifier.Accept(honest, Fingerprints(5)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    public void The_edges_of_the_signed_interval_are_accepted(int count)
    {
        var verifier = NewVerifier();
        var (chunks, receipt) = Deliver(count);
        Assert.All(chunks, chunk => Assert.Null(verifier.Accept(chunk)));
        Assert.Null(verifier.Accept(receipt, Fingerprints(count)));
    }

    [Fact]
    public void Fingerprints_must_fit_the_receipt_and_the_delivery()
    {
        var other = Evidence(5, static (position, token) => token + (position == 4 ? 1 : 0));
        var shifted = Evidence(5, static (_, token) => token, shift: 1);
        (string Expected, byte[] Sent, Hash32 Root)[] lies =
        [
            ("receipt's root", Fingerprints(5), default),
            ("receipt's root", [], Evidence(5).Root),
            ("receipt's root", shifted.Encode(), Evidence(5).Root),
            ("at position 4 is of token 5, and 4 was delivered", other.Encode(), other.Root),
            ("positions", [], default),
            ("positions", Fingerprints(4), Evidence(4).Root),
            ("positions", Fingerprints(33), Evidence(33).Root),
            ("unknown version", [9, 9], Evidence(5).Root),
            ("no whole number", Fingerprints(5)[..^1], Evidence(5).Root),
        ];
        foreach (var (expected, sent, root) in lies)
        {
            var verifier = NewVerifier();
            var (chunks, honest) = Deliver(5);
            Assert.All(chunks, chunk => Assert.Null(verifier.Accept(chunk)));
            Assert.Contains(expected, verifier.Accept(_node.Sign(honest.Message with { FingerprintRoot = root }, Domain), sent), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_model_without_tokens_has_no_fingerprints()
    {
        var offer = Offer with { Kind = ModelOffer.Tensor };
        var verifier = new OutputVerifier(_job, offer, new Usage(0, 0, 1), Domain);
        var output = new Inference.ModelInferResponse.Types.InferOutputTensor { Name = "p", Datatype = "UINT8", Shape = { 1 } };
        var tensors = new Inference.ModelInferResponse { Outputs = { output }, RawOutputContents = { ByteString.CopyFrom([7]) } }.ToByteString();
        var head = new RollingOutputHash(_job.RequestId, _job.Attempt).Append([], tensors.Span);
        var signature = _node.Sign(new StreamCommitment(_job.RequestId, _job.Attempt, 0, head, 0), Domain).Signature;
        Assert.Null(verifier.Accept(new Chunk
        {
            Tensors = tensors, RollingHash = ByteString.CopyFrom(head.ToArray()), Commitment = ByteString.CopyFrom(signature.ToArray()),
        }));
        var receipt = new Receipt(
            _job.RequestId, _job.Attempt, _job.Node, _job.Gateway, _job.ModelDigest, _job.InputHash, head, _job.Seed, 0, 1,
            UsagePrice.Of(offer.Price, new Usage(0, 0, 1)), default, default, default, 1, 2);
        Assert.Null(verifier.Accept(_node.Sign(receipt, Domain), []));
        Assert.Contains("positions", verifier.Accept(_node.Sign(receipt with { FingerprintRoot = Evidence(1).Root }, Domain), Fingerprints(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sealed_answer_is_held_to_its_bytes_and_counts()
    {
        var verifier = NewVerifier(isSealed: true);
        var (chunks, receipt) = DeliverSealed(20);
        Assert.All(chunks, chunk => Assert.Null(verifier.Accept(chunk)));
        Assert.Null(verifier.Accept(receipt, []));
        Assert.Contains("in clear", verifier.Accept(receipt, Fingerprints(20)), StringComparison.Ordinal);
        var changed = DeliverSealed(3).Chunks;
        changed[1].Sealed = ByteString.CopyFromUtf8("something else");
        Assert.Contains("hash chain", FirstProblem(changed, isSealed: true), StringComparison.Ordinal);
        Assert.Contains("more than 40 tokens", FirstProblem(DeliverSealed(41).Chunks, isSealed: true), StringComparison.Ordinal);
        var (miscounted, _) = DeliverSealed(20);
        miscounted[15].SealedTokens = 2;
        Assert.Contains("signature of chunk 15", FirstProblem(miscounted, isSealed: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_sealed_count_beyond_all_numbers_is_refused()
    {
        var (chunks, _) = DeliverSealed(2);
        chunks[1].SealedTokens = uint.MaxValue;
        Assert.Contains("more than 40 tokens", FirstProblem(chunks, isSealed: true), StringComparison.Ordinal);
    }

    [Fact]
    public void Sealed_rows_are_held_to_the_rows_that_were_asked_for()
    {
        foreach (var (rows, expected) in new[] { (3u, (string?)null), (4u, "more than 3 rows"), (uint.MaxValue, "more than 3 rows") })
        {
            var verifier = new OutputVerifier(_job, Offer with { Kind = ModelOffer.Embedding }, new Usage(100, 0, 3), Domain, isSealed: true);
            var part = DeliverSealed(3).Chunks[0];
            part.SealedTokens = rows;
            var problem = verifier.Accept(part);
            Assert.True(expected is null ? problem is null : problem!.Contains(expected, StringComparison.Ordinal), problem);
        }
    }

    [Fact]
    public void Sealed_parts_without_tokens_do_not_go_on_for_ever()
    {
        var (chunks, _) = Deliver(3, static (chunk, i) => chunk.Sealed = ByteString.CopyFromUtf8($"sealed {i}"));
        chunks[2].Commitment = ByteString.Empty;
        Assert.Contains("without a token", FirstProblem(chunks, isSealed: true), StringComparison.Ordinal);
        Assert.Null(FirstProblem(chunks[..2], isSealed: true));
    }

    [Fact]
    public void Clear_and_sealed_parts_are_not_mixed()
    {
        Assert.Contains("in clear", FirstProblem(Deliver(3).Chunks, isSealed: true), StringComparison.Ordinal);
        Assert.Contains("request that is not", FirstProblem(DeliverSealed(3).Chunks), StringComparison.Ordinal);
        var (both, _) = DeliverSealed(1);
        both[0].Text = "and in clear";
        Assert.Contains("in clear", FirstProblem(both, isSealed: true), StringComparison.Ordinal);
        Assert.Contains("empty part", FirstProblem([new Chunk()], isSealed: true), StringComparison.Ordinal);
    }

    private OutputVerifier NewVerifier(bool isSealed = false) => new(_job, Offer, Limit, Domain, isSealed);

    private string? FirstProblem(IEnumerable<Chunk> chunks, bool isSealed = false)
    {
        var verifier = NewVerifier(isSealed);
        return chunks.Select(verifier.Accept).FirstOrDefault(static problem => problem is not null);
    }

    private (Chunk[] Chunks, Signed<Receipt> Receipt) Deliver(int count) => Deliver(count, (chunk, i) =>
    {
        chunk.Text = $"t{i} ";
        chunk.TokenIds.Add(i);
    });

    private (Chunk[] Chunks, Signed<Receipt> Receipt) DeliverSealed(int count) => Deliver(count, (chunk, i) =>
        (chunk.Sealed, chunk.SealedTokens) = (ByteString.CopyFromUtf8($"sealed {i}"), 1));

    // One token and its text a chunk, signed as the protocol says.
    private (Chunk[] Chunks, Signed<Receipt> Receipt) Deliver(int count, Action<Chunk, int> fill)
    {
        var rolling = new RollingOutputHash(_job.RequestId, _job.Attempt);
        var chunks = Enumerable.Range(0, count).Select(i =>
        {
            var chunk = new Chunk { Index = (uint)i };
            fill(chunk, i);
            var head = rolling.Append([.. chunk.TokenIds], chunk.Sealed.IsEmpty ? System.Text.Encoding.UTF8.GetBytes(chunk.Text) : chunk.Sealed.Span);
            chunk.RollingHash = ByteString.CopyFrom(head.ToArray());
            if ((i + 1) % StreamCommitment.Interval == 0 || i == count - 1)
            {
                var commitment = new StreamCommitment(_job.RequestId, _job.Attempt, (uint)i, head, (uint)i + 1);
                chunk.Commitment = ByteString.CopyFrom(_node.Sign(commitment, Domain).Signature.ToArray());
            }

            return chunk;
        }).ToArray();
        var usage = new Usage(12, (uint)count, 0);
        var receipt = new Receipt(
            _job.RequestId, _job.Attempt, _job.Node, _job.Gateway, _job.ModelDigest, _job.InputHash, rolling.Value, _job.Seed,
            usage.PromptTokens, usage.CompletionTokens, UsagePrice.Of(Offer.Price, usage), default, new TokenAmount(1), Evidence(count).Root, 1, 2);
        return (chunks, _node.Sign(receipt, Domain));
    }

    private byte[] Fingerprints(int tokens) => Evidence(tokens).Encode();

    // What the model said of the tokens 0, 1, 2, … that Deliver delivers.
    private FingerprintSet Evidence(int tokens, Func<int, int, int>? token = null, float shift = 0) => FingerprintSet.Of(
        new FingerprintPositions(_job.StructHash()).Of(tokens).Select(position => Fingerprint.Of(
            position, token?.Invoke(position, position) ?? position, Enumerable.Range(0, 8).Select(i => (position + i, -0.25f - i - shift)))));
}
