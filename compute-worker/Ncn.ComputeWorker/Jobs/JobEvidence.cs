using Ncn.Inference.Generation;
using Ncn.Protocol;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>What a job's receipt says of its content: hash and fingerprints of the chunks that were delivered, and of no others.</summary>
internal sealed class JobEvidence(InferenceJob job)
{
    private readonly FingerprintPositions _positions = new(job.StructHash());
    private readonly List<Fingerprint> _chosen = [];
    private readonly List<JobChunk> _chunks = [];
    private Fingerprint? _last;

    /// <summary>Hash of the delivered output.</summary>
    public Hash32 OutputHash { get; private set; } = new RollingOutputHash(job.RequestId, job.Attempt).Value;

    /// <summary>Fingerprints of the delivered tokens; empty for a model that gives no tokens.</summary>
    public FingerprintSet Fingerprints =>
        FingerprintSet.Of(_last is { } last && !_positions.IsChosen(last.Position) ? [.. _chosen, last] : _chosen);

    /// <summary>What was delivered, as it was; nothing of a sealed answer.</summary>
    public IEnumerable<OutputPiece> Pieces => _chunks.Where(static chunk => chunk.Sealed.IsEmpty)
        .Select(static chunk => new OutputPiece(chunk.TokenIds, chunk.Text, chunk.Tensors.IsEmpty ? null : chunk.Tensors.ToArray()));

    /// <summary>Takes the next delivered chunk. Which token is the last is known at the end only, so each could be it.</summary>
    public void Add(JobChunk chunk)
    {
        OutputHash = chunk.RollingHash;
        _chunks.Add(chunk);
        if (chunk.Fingerprint is { } fingerprint)
        {
            _last = fingerprint;
            if (_positions.IsChosen(fingerprint.Position))
            {
                _chosen.Add(fingerprint);
            }
        }
    }

    /// <summary>The fingerprint of a generated token.</summary>
    /// <param name="committed">Tokens that were there before the attempt.</param>
    /// <exception cref="JobRefusedException">The model's numbers are none.</exception>
    public static Fingerprint Of(GenerationEvent.Token token, int committed)
    {
        ArgumentNullException.ThrowIfNull(token);
        return Of(token.Position - committed, token.TokenId, token.Evidence ?? throw new InvalidOperationException($"The engine gave no evidence for position {token.Position}."));
    }

    /// <exception cref="JobRefusedException">The model's numbers are none.</exception>
    public static Fingerprint Of(int position, int tokenId, IReadOnlyList<TokenLogprob> top)
    {
        try
        {
            return Fingerprint.Of(position, tokenId, top.Select(static likely => (likely.TokenId, likely.Logprob)));
        }
        catch (ArgumentException exception)
        {
            throw new JobRefusedException(JobRefusalReason.Failed, $"The model is broken. {exception.Message}", exception);
        }
    }
}
