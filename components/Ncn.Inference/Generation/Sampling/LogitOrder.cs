using System.Runtime.Intrinsics;

namespace Ncn.Inference.Generation.Sampling;

/// <summary>The order of tokens by logit, greatest first, the lower id first among equals; and partial selection in it.</summary>
internal static class LogitOrder
{
    /// <summary>Keys that a selection of <paramref name="count"/> among <paramref name="vocabulary"/> needs room for.</summary>
    public static int BufferLength(int count, int vocabulary) => (int)Math.Min(vocabulary, (2L * count) + 16);

    /// <summary>A number that is smaller the earlier a token stands in the order.</summary>
    public static ulong Key(float logit, int id)
    {
        uint bits = BitConverter.SingleToUInt32Bits(logit + 0f); // makes -0 and 0 equal
        uint ascending = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
        return ((ulong)~ascending << 32) | (uint)id;
    }

    /// <summary>The token of a key.</summary>
    public static int Id(ulong key) => (int)(key & 0x7FFFFFFF);

    /// <summary>The id of the greatest finite logit, the lowest id among equals; -1 when there is none.</summary>
    public static int First(ReadOnlySpan<float> logits)
    {
        float greatest = Greatest(logits);
        return float.IsFinite(greatest) ? logits.IndexOf(greatest) : -1;
    }

    /// <summary>
    /// Writes the keys of the first <paramref name="count"/> tokens with a finite logit, in order, and returns how many there are.
    /// Candidates beyond the smallest one kept are passed over eight at a time; the buffer is sorted whenever it is full.
    /// </summary>
    /// <param name="keys">At least <see cref="BufferLength"/> long.</param>
    public static int Select(ReadOnlySpan<float> logits, int count, Span<ulong> keys)
    {
        int used = 0;
        float threshold = float.NegativeInfinity;
        for (int start = 0; start < logits.Length; start += Vector256<float>.Count)
        {
            int end = Math.Min(start + Vector256<float>.Count, logits.Length);
            if (end - start == Vector256<float>.Count && !Vector256.GreaterThanAny(Vector256.Create(logits[start..end]), Vector256.Create(threshold)))
            {
                continue;
            }

            for (int id = start; id < end; id++)
            {
                if (!(logits[id] > threshold) || !float.IsFinite(logits[id]))
                {
                    continue;
                }

                if (used == keys.Length)
                {
                    keys.Sort();
                    used = count;
                    threshold = logits[Id(keys[count - 1])];
                }

                keys[used++] = Key(logits[id], id);
            }
        }

        keys[..used].Sort();
        return Math.Min(used, count);
    }

    private static float Greatest(ReadOnlySpan<float> logits)
    {
        Vector256<float> limit = Vector256.Create(float.MaxValue);
        Vector256<float> lowest = Vector256.Create(float.NegativeInfinity);
        Vector256<float> greatest = lowest;
        int id = 0;
        for (; id <= logits.Length - Vector256<float>.Count; id += Vector256<float>.Count)
        {
            Vector256<float> next = Vector256.Create(logits.Slice(id, Vector256<float>.Count));
            Vector256<float> finite = Vector256.LessThanOrEqual(Vector256.Abs(next), limit);
            greatest = Vector256.Max(greatest, Vector256.ConditionalSelect(finite, next, lowest));
        }

        float result = float.NegativeInfinity;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
        {
            result = Math.Max(result, greatest[lane]);
        }

        for (; id < logits.Length; id++)
        {
            result = float.IsFinite(logits[id]) ? Math.Max(result, logits[id]) : result;
        }

        return result;
    }
}
