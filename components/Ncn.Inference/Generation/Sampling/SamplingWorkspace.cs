namespace Ncn.Inference.Generation.Sampling;

/// <summary>Buffers that <see cref="Sampler"/> works in, so that a step allocates nothing. For one thread at a time; it carries nothing over.</summary>
public sealed class SamplingWorkspace
{
    /// <param name="vocabulary">The most logits that a step will have.</param>
    public SamplingWorkspace(int vocabulary)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabulary, 1);
        Vocabulary = vocabulary;
        Logits = new float[vocabulary];
        Keys = new ulong[vocabulary];
        Weights = new double[WeightSums.Padded(vocabulary)];
        Sums = new double[Weights.Length / WeightSums.Block];
        Buckets = new double[Nucleus.Buckets];
    }

    /// <summary>The most logits that a step may have.</summary>
    public int Vocabulary { get; }

    internal float[] Logits { get; }

    internal ulong[] Keys { get; }

    internal double[] Weights { get; }

    internal double[] Sums { get; }

    internal double[] Buckets { get; }
}
