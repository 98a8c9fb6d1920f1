using System.Numerics;
using System.Runtime.InteropServices;
using Ncn.Inference.Repository;
using Ncn.Protocol;

namespace Ncn.Inference.Embedding;

/// <summary>From what a model computes to the vector of a text. Pure; every sum has one order, so the bits depend on nothing else.</summary>
internal static class VectorPooling
{
    /// <param name="output">[texts, width], or [texts, tokens, width].</param>
    /// <param name="row">Which text.</param>
    /// <param name="tokens">The text's tokens, without padding.</param>
    /// <param name="how">Pooling, normalising, width.</param>
    /// <param name="vector">Takes the vector; when it is shorter than the model's, the first numbers of it.</param>
    /// <exception cref="InferenceException">The model gave something that is no number.</exception>
    public static void Pool(TensorValue output, int row, int tokens, ModelEmbedding how, Span<float> vector)
    {
        float[] whole = new float[how.Width];
        int first = how.Pooling switch
        {
            ModelEmbedding.None => row,
            ModelEmbedding.Last => checked((int)(row * output.Shape[1])) + tokens - 1,
            _ => checked((int)(row * output.Shape[1])),
        };
        int count = how.Pooling == ModelEmbedding.Mean ? tokens : 1;
        for (int i = 0; i < count; i++)
        {
            Add(output, first + i, whole);
        }

        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] = whole[i] / count;
        }

        if (how.Normalize)
        {
            Normalize(vector);
        }

        if (vector.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
        {
            throw new InferenceException(InferenceFault.ModelFailed, "The model gave a vector that holds something else than numbers.");
        }
    }

    private static void Add(TensorValue output, int place, Span<float> sum)
    {
        if (output.Datatype == TensorDatatype.FP16)
        {
            ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(output.Data.Span).Slice(place * sum.Length, sum.Length);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += (float)halves[i];
            }

            return;
        }

        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(output.Data.Span).Slice(place * sum.Length, sum.Length);
        int at = 0;
        for (; at <= sum.Length - Vector<float>.Count; at += Vector<float>.Count)
        {
            (new Vector<float>(sum[at..]) + new Vector<float>(values[at..])).CopyTo(sum[at..]);
        }

        for (; at < sum.Length; at++)
        {
            sum[at] += values[at];
        }
    }

    private static void Normalize(Span<float> vector)
    {
        double squares = 0;
        foreach (float value in vector)
        {
            squares += (double)value * value;
        }

        double length = Math.Sqrt(squares);
        for (int i = 0; i < vector.Length && length > 0; i++)
        {
            vector[i] = (float)(vector[i] / length);
        }
    }
}
