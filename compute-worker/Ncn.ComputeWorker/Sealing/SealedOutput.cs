using Ncn.ComputeWorker.Direct;
using Ncn.ComputeWorker.Jobs;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Sealing;

/// <summary>
/// Turns a job's chunks into sealed ones: the content goes into the seal, numbers, hashes and signatures are over the sealed bytes. One
/// more chunk, the sealed end, tells the client that nothing was cut off.
/// </summary>
internal sealed class SealedOutput(NodeIdentity node, InferenceJob job, JobInput input, AnswerSealer sealer)
{
    private readonly RollingOutputHash _hash = new(job.RequestId, job.Attempt);
    private readonly bool _isText = input.Ceiling.Rows == 0;
    private uint _next;
    private uint _tokens;

    /// <param name="clear">What the model gives.</param>
    /// <param name="end">The finish reason and the encoded fingerprints, once all chunks are delivered.</param>
    /// <exception cref="JobRefusedException">The model failed; the words of the failure stay here.</exception>
    public async IAsyncEnumerable<JobChunk> RunAsync(IAsyncEnumerable<JobChunk> clear, Func<(string FinishReason, byte[] Fingerprints)> end)
    {
        await using IAsyncEnumerator<JobChunk> chunks = clear.GetAsyncEnumerator(CancellationToken.None);
        while (await NextAsync(chunks))
        {
            JobChunk chunk = chunks.Current;
            uint counted = _isText ? (uint)chunk.TokenIds.Count : chunk.Tensors.IsEmpty ? 0 : input.Ceiling.Rows;
            yield return Chain(sealer.Seal(WireChunk.Content(chunk)), counted, isLast: false) with { Fingerprint = chunk.Fingerprint };
        }

        var (reason, fingerprints) = end();
        yield return Chain(sealer.End(reason, fingerprints), counted: 0, isLast: true);
    }

    private JobChunk Chain(byte[] box, uint counted, bool isLast)
    {
        uint index = _next++;
        _tokens += _isText ? counted : 0;
        Hash32 head = _hash.Append([], box);
        Signature? commitment = isLast || _next % StreamCommitment.Interval == 0
            ? node.Sign(new StreamCommitment(job.RequestId, job.Attempt, index, head, _tokens)).Signature
            : null;
        return new JobChunk(index, [], "", default, head, index == 0 ? input.Ceiling.PromptTokens : 0, commitment) { Sealed = box, SealedTokens = counted };
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<JobChunk> chunks)
    {
        try
        {
            return await chunks.MoveNextAsync();
        }
        catch (JobRefusedException refusal)
        {
            throw SealedRefusal.Of(refusal, "The model failed on the sealed request.");
        }
    }
}
