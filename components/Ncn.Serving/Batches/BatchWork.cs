using Ncn.Actors;
using Ncn.Protocol;

namespace Ncn.Serving.Batches;

/// <summary>What one process knows of a batch that it drives: all of it can be read again by the next one.</summary>
/// <param name="Token">The lease under which it was read.</param>
/// <param name="Ceilings">What each line may cost.</param>
internal sealed record BatchWork(RequestId Batch, ulong Token, IReadOnlyList<BatchLine> Lines, IReadOnlyList<TokenAmount> Ceilings)
{
    /// <summary>Lines whose results are kept.</summary>
    public HashSet<int> Done { get; } = [];

    /// <summary>Lines in the queue or at a node.</summary>
    public Dictionary<int, RequestId> Running { get; } = [];

    /// <summary>The first line that may not have begun.</summary>
    public int Next { get; set; }
}

/// <summary>A line's answer.</summary>
internal sealed record LineAnswer(int Line, RequestId Request, StoredAnswer Answer);
