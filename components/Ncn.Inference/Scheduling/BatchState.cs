using System.Collections.Immutable;

namespace Ncn.Inference.Scheduling;

/// <summary>Requests that could run together, in the order in which they came.</summary>
/// <param name="Key">Their group.</param>
/// <param name="Items">At least one.</param>
/// <param name="Rows">The sum of their rows.</param>
internal sealed record BatchGroup(long Key, ImmutableQueue<BatchItem> Items, long Rows)
{
    public BatchItem Oldest => Items.Peek();

    public BatchGroup With(BatchItem item) => new(Key, Items.Enqueue(item), Rows + item.Rows);
}

/// <summary>Where <see cref="DynamicBatching"/> stands.</summary>
public sealed record BatchState
{
    /// <summary>Nothing runs and nothing waits.</summary>
    public BatchState(BatchRules rules) => Rules = rules;

    /// <summary>The limits, which never change.</summary>
    public BatchRules Rules { get; }

    /// <summary>Runs that go on.</summary>
    public int Running { get; internal init; }

    /// <summary>Requests that wait.</summary>
    public int Waiting { get; internal init; }

    /// <summary>True after <see cref="BatchInput.Close"/>.</summary>
    public bool IsClosed { get; internal init; }

    /// <summary>By the arrival of their oldest request.</summary>
    internal ImmutableList<BatchGroup> Groups { get; init; } = [];

    /// <summary>Holds requests only while nothing runs.</summary>
    internal Expectation Expected { get; init; }

    internal bool HasFreeLane => Running < Rules.Lanes;
}
