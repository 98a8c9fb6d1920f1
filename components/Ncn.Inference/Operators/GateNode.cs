using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ncn.Inference.Operators;

/// <summary>
/// The gate of a gated MLP in one pass: x / (1 + e^-x) × y. Inputs: x and y of one shape; or, with the second left out, both side by side along the last axis.
/// Output: the shape of x, or half as wide.
/// </summary>
/// <remarks>SwiGLU: "GLU Variants Improve Transformer" (Shazeer, 2020), with beta 1. Each number of the output depends on its two numbers alone.</remarks>
internal sealed unsafe class GateNode : OwnNode
{
    private const int MaxSizes = 8;

    /// <summary>Numbers from which several threads share a run.</summary>
    private const long ParallelNumbers = 1 << 13;

    private const long PartNumbers = 1 << 12;
    private const int MostParts = 64;

    public override void Compute(nint context)
    {
        Span<long> shape = stackalloc long[MaxSizes];
        Span<long> other = stackalloc long[MaxSizes];
        nint first = OrtInterface.Input(context, 0);
        nint second = OrtInterface.Input(context, 1);
        int sizes = OrtInterface.Shape(first, shape);
        Expect(sizes is > 0 and <= MaxSizes && (second == 0 ? shape[sizes - 1] % 2 == 0 : OrtInterface.Shape(second, other) == sizes && shape.SequenceEqual(other)));
        long width = second == 0 ? shape[sizes - 1] / 2 : shape[sizes - 1];
        shape[sizes - 1] = width;
        long rows = 1;
        foreach (long size in shape[..(sizes - 1)])
        {
            rows *= size;
        }

        var run = new Run
        {
            Gate = (float*)OrtInterface.Data(first),
            Step = second == 0 ? 2 * width : width,
            Width = width,
            Rows = rows,
            Output = (float*)OrtInterface.Data(OrtInterface.Output(context, 0, shape[..sizes])),
        };
        run.Up = second == 0 ? run.Gate + width : (float*)OrtInterface.Data(second);
        run.Parts = rows * width < ParallelNumbers ? 1 : (int)Math.Min(Math.Min(rows, MostParts), rows * width / PartNumbers);
        if (run.Parts <= 1)
        {
            run.Parts = 1;
            run.DoPart(0);
        }
        else
        {
            OrtInterface.InParallel(context, &DoPart, run.Parts, &run);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void DoPart(void* run, nuint part) => ((Run*)run)->DoPart((int)part);

    private static void Expect(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("A gate cannot be computed: its two inputs have different shapes, or its one input an odd width.");
        }
    }

    private struct Run
    {
        public float* Gate;
        public float* Up;
        public float* Output;
        public long Step;
        public long Width;
        public long Rows;
        public int Parts;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void DoPart(int part)
        {
            unchecked
            {
                long end = Rows * (part + 1) / Parts;
                for (long row = Rows * part / Parts; row < end; row++)
                {
                    float* gate = Gate + (row * Step);
                    float* up = Up + (row * Step);
                    float* output = Output + (row * Width);
                    long at = 0;
                    for (; at + VectorMath.Lanes <= Width; at += VectorMath.Lanes)
                    {
                        (Silu(Vector512.Load(gate + at)) * Vector512.Load(up + at)).Store(output + at);
                    }

                    for (; at < Width; at++)
                    {
                        output[at] = Silu(Vector512.Create(gate[at])).ToScalar() * up[at];
                    }
                }
            }
        }

        /// <summary>The exponent is never above 0, so nothing overflows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Silu(Vector512<float> x)
        {
            Vector512<float> power = VectorMath.Exponential(-Vector512.Abs(x));
            Vector512<float> numerator = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), power, Vector512<float>.One);
            return x * numerator / (Vector512<float>.One + power);
        }
    }
}
