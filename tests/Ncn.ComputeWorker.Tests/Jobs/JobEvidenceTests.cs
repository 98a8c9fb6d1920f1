using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Generation;
using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.ComputeWorker.Tests.Jobs;

/// <summary>A receipt speaks of the chunks that were delivered, and of no others.</summary>
public sealed class JobEvidenceTests
{
    private static readonly InferenceJob Job = new(
        new RequestId(Keccak256.Of([1])), 3, Address.Zero, Address.Zero, default, default, 1, default, 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(100)]
    public void However_many_tokens_were_delivered_the_evidence_is_theirs(int delivered)
    {
        var rolling = new RollingOutputHash(Job.RequestId, Job.Attempt);
        var evidence = new JobEvidence(Job);
        int[] tokens = [.. Enumerable.Range(0, delivered).Select(i => 500 + i)];
        for (int i = 0; i < delivered; i++)
        {
            evidence.Add(Chunk(i, tokens[i], rolling.Append([tokens[i]], [])));
        }

        Assert.Equal(rolling.Value, evidence.OutputHash);
        Assert.Null(evidence.Fingerprints.Problem(new FingerprintPositions(Job.StructHash()), tokens));
    }

    [Fact]
    public void A_chunk_without_a_token_has_a_hash_and_no_fingerprint()
    {
        var evidence = new JobEvidence(Job);
        evidence.Add(Chunk(0, 7, default));
        Hash32 root = evidence.Fingerprints.Root;
        evidence.Add(new JobChunk(1, [], "held", default, Keccak256.Of([2]), 0, null));
        Assert.Equal((Keccak256.Of([2]), root), (evidence.OutputHash, evidence.Fingerprints.Root));
    }

    [Fact]
    public void Numbers_that_are_none_end_the_job_as_a_broken_model()
    {
        JobRefusedException refusal = Assert.Throws<JobRefusedException>(
            () => JobEvidence.Of(new GenerationEvent.Token(0, 1, "", Evidence: [new TokenLogprob(1, float.NaN)]), committed: 0));
        Assert.Equal(JobRefusalReason.Failed, refusal.Reason);
        Assert.Contains("broken", refusal.Message, StringComparison.Ordinal);
    }

    private static JobChunk Chunk(int index, int token, Hash32 head) => new((uint)index, [token], "", default, head, 0, null)
    {
        Fingerprint = JobEvidence.Of(new GenerationEvent.Token(index + 10, token, "", Evidence: [new TokenLogprob(token, -1)]), committed: 10),
    };
}
