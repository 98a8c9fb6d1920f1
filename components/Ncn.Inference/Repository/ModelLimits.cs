using Ncn.Protocol;

namespace Ncn.Inference.Repository;

/// <summary>What a model takes at most.</summary>
/// <param name="ContextTokens">Decoders: prompt and completion together; embedding models: one text; in tokens, 1 to 16777216. 0 for tensor models.</param>
/// <param name="MaxBatch">Tensor models: rows in one request; embedding models: texts in one request; 1 to 1048576. Decoders ignore it.</param>
/// <param name="MaxInputBytes">Bytes of one request's input, 1 to 1073741824.</param>
public sealed record ModelLimits(int ContextTokens, int MaxBatch, int MaxInputBytes)
{
    private const int LargestContext = 1 << 24;
    private const int LargestBatch = 1 << 20;
    private const int LargestInput = 1 << 30;
    private const int LongestRun = 86_400;

    /// <summary>Decoders: tokens of one completion, 1 to 16777216; null, the default, means that only the context limits it.</summary>
    public int? MaxCompletionTokens { get; init; }

    /// <summary>Seconds that one request may run, 1 to 86400; null, the default, means that only the job's deadline limits it.</summary>
    public int? MaxSeconds { get; init; }

    internal string? Problem(string kind)
    {
        if (MaxInputBytes is < 1 or > LargestInput)
        {
            return $"limits.maxInputBytes must be 1 to {LargestInput}";
        }

        if (kind != ModelOffer.Tensor && ContextTokens is < 1 or > LargestContext)
        {
            return $"limits.contextTokens must be 1 to {LargestContext} for a model of kind {kind}";
        }

        if (kind != ModelOffer.Decoder && MaxBatch is < 1 or > LargestBatch)
        {
            return $"limits.maxBatch must be 1 to {LargestBatch} for a model of kind {kind}";
        }

        return MaxCompletionTokens is < 1 or > LargestContext ? $"limits.maxCompletionTokens must be 1 to {LargestContext}"
            : MaxSeconds is < 1 or > LongestRun ? $"limits.maxSeconds must be 1 to {LongestRun}" : null;
    }
}

/// <summary>How requests to one model are run together.</summary>
public sealed record ModelBatching
{
    private const int MostSlots = 256;
    private const int MostRows = 1 << 20;
    private const int LongestDelay = 100_000;
    private const int LongestQueue = 65_536;

    /// <summary>Decoders: rows that are decoded at once, 1 to 256; null means <see cref="InferenceOptions.Slots"/>.</summary>
    public int? Slots { get; init; }

    /// <summary>Tensor and embedding models: rows that are merged into one run, 1 to 1048576; null means <see cref="ModelLimits.MaxBatch"/>.</summary>
    public int? MaxRows { get; init; }

    /// <summary>Tensor and embedding models: how long a request waits for others to join its run, 0 to 100000; default 1000.</summary>
    public int MaxDelayMicroseconds { get; init; } = 1000;

    /// <summary>Requests that wait for their turn, 0 to 65536; null means <see cref="InferenceOptions.MaxWaiting"/>.</summary>
    public int? MaxQueued { get; init; }

    internal string? Problem() =>
        Slots is < 1 or > MostSlots ? $"batching.slots must be 1 to {MostSlots}"
        : MaxRows is < 1 or > MostRows ? $"batching.maxRows must be 1 to {MostRows}"
        : MaxDelayMicroseconds is < 0 or > LongestDelay ? $"batching.maxDelayMicroseconds must be 0 to {LongestDelay}"
        : MaxQueued is < 0 or > LongestQueue ? $"batching.maxQueued must be 0 to {LongestQueue}" : null;
}

/// <summary>How an embedding model's vectors are made from what it computes.</summary>
/// <param name="Pooling"><see cref="Mean"/>, <see cref="Last"/> or <see cref="None"/>.</param>
/// <param name="Normalize">Whether a vector is scaled to length 1.</param>
/// <param name="Width">Numbers in one vector, 1 to 65536.</param>
public sealed record ModelEmbedding(string Pooling, bool Normalize, int Width)
{
    /// <summary>The mean of the vectors of all tokens of a text.</summary>
    public const string Mean = "mean";

    /// <summary>The vector of a text's last token.</summary>
    public const string Last = "last";

    /// <summary>The model pools itself: its output has one vector per text.</summary>
    public const string None = "none";

    private const int LargestWidth = 65_536;

    internal string? Problem() =>
        Pooling is not (Mean or Last or None) ? $"embedding.pooling must be \"{Mean}\", \"{Last}\" or \"{None}\""
        : Width is < 1 or > LargestWidth ? $"embedding.width must be 1 to {LargestWidth}" : null;
}
