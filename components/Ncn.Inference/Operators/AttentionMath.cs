using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ncn.Inference.Operators;

/// <summary>
/// The sums of attention, in vectors of 16 numbers. Each sum has one order, whatever the width of the machine's vectors, and its products are fused
/// with it, so machines agree to the bit. Pointers lead to as many numbers as are said; head sizes are multiples of 16.
/// </summary>
internal static unsafe class AttentionMath
{
    private const int Lanes = VectorMath.Lanes;
    private const int HalfLanes = VectorMath.HalfLanes;
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    /// <summary>A head's numbers, times a scale, of which the first 2 × <paramref name="half"/> are turned by the position's angles: number i with number half + i.</summary>
    /// <remarks>RoFormer (Su and others, 2021), section 3.4.2, in the order of GPT-NeoX. <paramref name="half"/> 0: none are turned.</remarks>
    [MethodImpl(Hot)]
    public static void Rotate(float* from, float* to, float* cosines, float* sines, int half, int size, float scale)
    {
        unchecked
        {
            var factor = Vector256.Create(scale);
            for (int i = 0; i < half; i += HalfLanes)
            {
                Vector256<float> first = Vector256.Load(from + i);
                Vector256<float> second = Vector256.Load(from + half + i);
                Vector256<float> cosine = Vector256.Load(cosines + i);
                Vector256<float> sine = Vector256.Load(sines + i);
                (((first * cosine) - (second * sine)) * factor).Store(to + i);
                (((second * cosine) + (first * sine)) * factor).Store(to + half + i);
            }

            for (int i = 2 * half; i < size; i += HalfLanes)
            {
                (Vector256.Load(from + i) * factor).Store(to + i);
            }
        }
    }

    /// <summary>The products of a query with the first <paramref name="count"/> keys.</summary>
    [MethodImpl(Hot)]
    public static void Dots(float* query, float* keys, int count, int size, float* scores)
    {
        unchecked
        {
            int key = 0;
            for (; key + 4 <= count; key += 4)
            {
                float* at = keys + ((nint)key * size);
                Vector512<float> a = Vector512<float>.Zero;
                Vector512<float> b = a;
                Vector512<float> c = a;
                Vector512<float> d = a;
                for (int i = 0; i < size; i += Lanes)
                {
                    Vector512<float> with = Vector512.Load(query + i);
                    a = Vector512.FusedMultiplyAdd(with, Vector512.Load(at + i), a);
                    b = Vector512.FusedMultiplyAdd(with, Vector512.Load(at + size + i), b);
                    c = Vector512.FusedMultiplyAdd(with, Vector512.Load(at + (2 * size) + i), c);
                    d = Vector512.FusedMultiplyAdd(with, Vector512.Load(at + (3 * size) + i), d);
                }

                Vector128.Create(VectorMath.Sum(a), VectorMath.Sum(b), VectorMath.Sum(c), VectorMath.Sum(d)).Store(scores + key);
            }

            for (; key < count; key++)
            {
                Vector512<float> sum = Vector512<float>.Zero;
                for (int i = 0; i < size; i += Lanes)
                {
                    sum = Vector512.FusedMultiplyAdd(Vector512.Load(query + i), Vector512.Load(keys + ((nint)key * size) + i), sum);
                }

                scores[key] = VectorMath.Sum(sum);
            }
        }
    }

    /// <summary>Turns scores into shares of their sum, which is returned; they must be divided by it. What follows them in the last vector becomes 0.</summary>
    [MethodImpl(Hot)]
    public static float Softmax(float* scores, int count)
    {
        unchecked
        {
            for (int i = count; i < VectorMath.Padded(count); i++)
            {
                scores[i] = float.NegativeInfinity;
            }

            Vector512<float> greatest = Vector512.Load(scores);
            for (int i = Lanes; i < count; i += Lanes)
            {
                greatest = Vector512.Max(greatest, Vector512.Load(scores + i));
            }

            Vector256<float> eight = Vector256.Max(greatest.GetLower(), greatest.GetUpper());
            Vector128<float> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
            float most = MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
            var offset = Vector512.Create(most);
            Vector512<float> sum = Vector512<float>.Zero;
            for (int i = 0; i < count; i += Lanes)
            {
                Vector512<float> share = VectorMath.Exponential(Vector512.Load(scores + i) - offset);
                share.Store(scores + i);
                sum += share;
            }

            return VectorMath.Sum(sum);
        }
    }

    /// <summary>The values' sum, each times its share and all times <paramref name="scale"/>.</summary>
    [MethodImpl(Hot)]
    public static void Weigh(float* shares, float* values, int count, int size, float scale, float* output)
    {
        unchecked
        {
            int at = 0;
            var factor = Vector512.Create(scale);
            for (; at + (4 * Lanes) <= size; at += 4 * Lanes)
            {
                Vector512<float> a = Vector512<float>.Zero;
                Vector512<float> b = a;
                Vector512<float> c = a;
                Vector512<float> d = a;
                float* value = values + at;
                for (int i = 0; i < count; i++, value += size)
                {
                    var share = Vector512.Create(shares[i]);
                    a = Vector512.FusedMultiplyAdd(share, Vector512.Load(value), a);
                    b = Vector512.FusedMultiplyAdd(share, Vector512.Load(value + Lanes), b);
                    c = Vector512.FusedMultiplyAdd(share, Vector512.Load(value + (2 * Lanes)), c);
                    d = Vector512.FusedMultiplyAdd(share, Vector512.Load(value + (3 * Lanes)), d);
                }

                (a * factor).Store(output + at);
                (b * factor).Store(output + at + Lanes);
                (c * factor).Store(output + at + (2 * Lanes));
                (d * factor).Store(output + at + (3 * Lanes));
            }

            for (; at < size; at += Lanes)
            {
                Vector512<float> sum = Vector512<float>.Zero;
                float* value = values + at;
                for (int i = 0; i < count; i++, value += size)
                {
                    sum = Vector512.FusedMultiplyAdd(Vector512.Create(shares[i]), Vector512.Load(value), sum);
                }

                (sum * factor).Store(output + at);
            }
        }
    }
}
