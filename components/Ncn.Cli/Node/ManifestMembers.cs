using Ncn.Protocol;

namespace Ncn.Cli.Node;

/// <summary>What a model takes at most; what is null is left out of the manifest.</summary>
internal sealed record ManifestLimits(int MaxBatch, int MaxInputBytes)
{
    /// <summary>Null: what the model's own configuration says.</summary>
    public int? ContextTokens { get; init; }

    public int? MaxCompletionTokens { get; init; }

    public int? MaxSeconds { get; init; }
}

/// <summary>How requests are run together; what is null is left to the worker.</summary>
internal sealed record ManifestBatching(int? Slots, int? MaxRows, int? MaxDelayMicroseconds, int? MaxQueued);

/// <summary>How an embedding model's vectors are made.</summary>
internal sealed record ManifestEmbedding(string Pooling, bool Normalize, int Width);

/// <summary>What the node record says of the model beside its price; what is null is left out.</summary>
internal sealed record ManifestOffer(string? Quantization, string? Retention, ServiceLevel? Service);
