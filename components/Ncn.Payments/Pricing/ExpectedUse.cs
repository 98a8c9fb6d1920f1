namespace Ncn.Payments.Pricing;

/// <summary>What share of their ceilings requests for a model really used, measured; a moving average in parts of 2^20.</summary>
/// <param name="Requests">How many were measured.</param>
/// <param name="PromptShare">Prompt tokens used, of those that the ceiling allowed for.</param>
/// <param name="CompletionShare">Completion tokens used, of those that were allowed.</param>
public sealed record ExpectedUse(ulong Requests, ulong PromptShare, ulong CompletionShare)
{
    private const ulong One = 1 << 20;
    private const ulong Memory = 64;

    /// <summary>Nothing was measured: all of the ceiling is expected.</summary>
    public static ExpectedUse Unknown { get; } = new(0, One, One);

    /// <summary>A request that was allowed <paramref name="limit"/> used <paramref name="used"/>.</summary>
    public ExpectedUse Add(Usage limit, Usage used) => new(
        Requests + 1, Move(PromptShare, limit.PromptTokens, used.PromptTokens), Move(CompletionShare, limit.CompletionTokens, used.CompletionTokens));

    /// <summary>What a request is expected to use; at least one token of what it may use, never more than it may.</summary>
    public Usage Of(Usage limit) =>
        limit with { PromptTokens = Share(limit.PromptTokens, PromptShare), CompletionTokens = Share(limit.CompletionTokens, CompletionShare) };

    // The first requests count alike, so that the first one does not stay for ever.
    private ulong Move(ulong average, uint limit, uint used)
    {
        if (limit == 0)
        {
            return average;
        }

        var weight = Math.Min(Requests, Memory - 1);
        return ((average * weight) + ((ulong)Math.Min(used, limit) * One / limit)) / (weight + 1);
    }

    private static uint Share(uint limit, ulong share) => limit == 0 ? 0 : (uint)Math.Clamp((limit * share + One - 1) / One, 1, limit);
}
