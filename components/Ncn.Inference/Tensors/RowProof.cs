using System.Runtime.InteropServices;
using Ncn.Protocol;

namespace Ncn.Inference.Tensors;

/// <summary>Compares the answer that a request got in a merged run with the one it gets alone.</summary>
/// <remarks>
/// Kernels round differently for another number of rows, so numbers may differ by a small part of the largest one in the tensor.
/// Anything more means that the model lets rows of different requests meet (a mean over the batch, a scale found at run time).
/// </remarks>
internal static class RowProof
{
    private const double Tolerance = 1e-3;

    /// <summary>For numbers with 8 to 11 bits of precision.</summary>
    private const double CoarseTolerance = 0.03;

    public static bool Agree(TensorAnswer merged, TensorAnswer alone)
    {
        for (int i = 0; i < alone.Count; i++)
        {
            if (!merged[i].Shape.SequenceEqual(alone[i].Shape) || !Agree(merged[i], alone[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Agree(TensorValue merged, TensorValue alone)
    {
        ReadOnlySpan<byte> left = merged.Data.Span, right = alone.Data.Span;
        return left.SequenceEqual(right) || alone.Datatype switch
        {
            TensorDatatype.FP32 => Near<float>(left, right, value => value, Tolerance),
            TensorDatatype.FP64 => Near<double>(left, right, value => value, Tolerance),
            TensorDatatype.FP16 => Near<Half>(left, right, value => (double)value, CoarseTolerance),
            TensorDatatype.BF16 => Near<ushort>(left, right, value => BitConverter.Int32BitsToSingle(value << 16), CoarseTolerance),
            _ => false,
        };
    }

    private static bool Near<T>(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Func<T, double> widen, double tolerance)
        where T : unmanaged
    {
        ReadOnlySpan<T> merged = MemoryMarshal.Cast<byte, T>(left), alone = MemoryMarshal.Cast<byte, T>(right);
        double largest = 0;
        foreach (T value in alone)
        {
            largest = double.IsFinite(widen(value)) ? Math.Max(largest, Math.Abs(widen(value))) : largest;
        }

        for (int i = 0; i < alone.Length; i++)
        {
            double wanted = widen(alone[i]), got = widen(merged[i]);
            bool same = double.IsFinite(wanted) ? Math.Abs(wanted - got) <= tolerance * largest : wanted.Equals(got);
            if (!same)
            {
                return false;
            }
        }

        return true;
    }
}
