using System.Collections.Concurrent;
using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Batching;

/// <summary>What all rows of an engine use.</summary>
/// <param name="Metrics">Where they record their times.</param>
internal sealed record RowSurroundings(EngineMetrics Metrics)
{
    /// <summary>Buffers for sampling that nobody uses at the moment.</summary>
    public ConcurrentBag<SamplingWorkspace> Workspaces { get; } = [];

    /// <summary>Sees the logits of every position; null for nobody. For tests.</summary>
    public LogitsObserver? Observer { get; set; }
}

/// <summary>Sees the logits after a token of the completion, before anything is done with them.</summary>
/// <param name="request">Whose.</param>
/// <param name="position">Index in the completion of the token that they are for.</param>
/// <param name="logits">One for each token id.</param>
internal delegate void LogitsObserver(GenerationRequest request, int position, ReadOnlySpan<float> logits);
