using System.Text;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>Numbers a job's chunks, chains their hashes and signs the commitments.</summary>
internal sealed class OutputChain(NodeIdentity node, InferenceJob job, uint promptTokens)
{
    private readonly RollingOutputHash _hash = new(job.RequestId, job.Attempt);
    private uint _next;
    private uint _tokens;

    /// <summary>True when the chunk that was made last is signed.</summary>
    public bool LastIsSigned { get; private set; }

    public JobChunk Add(IReadOnlyList<int> tokenIds, string text, bool last) => Add(tokenIds, text, default, Encoding.UTF8.GetBytes(text), last);

    public JobChunk AddTensors(ReadOnlyMemory<byte> tensors) => Add([], "", tensors, tensors.Span, last: true);

    private JobChunk Add(IReadOnlyList<int> tokenIds, string text, ReadOnlyMemory<byte> tensors, ReadOnlySpan<byte> hashed, bool last)
    {
        uint index = _next++;
        _tokens += (uint)tokenIds.Count;
        Hash32 head = _hash.Append([.. tokenIds], hashed);
        LastIsSigned = last || _next % StreamCommitment.Interval == 0;
        Signature? commitment = LastIsSigned
            ? node.Sign(new StreamCommitment(job.RequestId, job.Attempt, index, head, _tokens)).Signature
            : null;
        return new JobChunk(index, tokenIds, text, tensors, head, index == 0 ? promptTokens : 0, commitment);
    }
}
