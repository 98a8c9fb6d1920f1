using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ncn.Inference.Operators;

/// <summary>
/// Attention over a cache in place: the part of com.microsoft's GroupQueryAttention that decoders on a CPU use (float32, keys and values in one buffer for past
/// and present). Inputs: query, or all three side by side; key and value or nothing; past key and value [rows, key heads, length, head size]; the rows' lengths
/// less 1; the longest length; cosines and sines [length, half of what is rotated] or nothing. Outputs: [rows, tokens, width], and the past as the present.
/// </summary>
internal sealed unsafe class AttentionNode : OwnNode
{
    /// <summary>Numbers of keys and values from which a run is worth several threads.</summary>
    private const long ParallelNumbers = 1 << 13;

    private const int MaxRows = 4096;

    /// <summary>Work is cut into this many parts, which threads take one after the other.</summary>
    private static readonly int Parts = Math.Max(16, 4 * Environment.ProcessorCount);

    private readonly int _heads;
    private readonly int _keyHeads;
    private readonly float _scale;

    private AttentionNode(int heads, int keyHeads, float scale) => (_heads, _keyHeads, _scale) = (heads, keyHeads, scale);

    /// <summary>Reads the node's attributes.</summary>
    public static AttentionNode Read(nint info)
    {
        int heads = (int)OrtInterface.Integer(info, "num_heads\0"u8);
        int keyHeads = (int)OrtInterface.Integer(info, "kv_num_heads\0"u8);
        Expect(heads > 0 && keyHeads > 0 && heads % keyHeads == 0, "the heads of queries are no multiple of those of keys");
        return new AttentionNode(heads, keyHeads, OrtInterface.NumberOrZero(info, "scale\0"u8));
    }

    /// <summary>Runs once.</summary>
    public override void Compute(nint context)
    {
        AttentionRun run = default;
        (run.Heads, run.KeyHeads) = (_heads, _keyHeads);
        ReadCache(context, ref run);
        ReadTokens(context, ref run);
        ReadRotation(context, ref run);
        Expect(run.Rows is > 0 and <= MaxRows, "there are more rows than this is made for");
        (int Start, int End)* spans = stackalloc (int, int)[run.Rows];
        run.Spans = spans;
        long numbers = ReadLengths(context, ref run);
        run.Scale = _scale == 0 ? 1 / MathF.Sqrt(run.HeadSize) : _scale;
        run.Output = (float*)OrtInterface.Data(OrtInterface.Output(context, 0, [run.Rows, run.Tokens, run.Heads * run.HeadSize]));
        Run(context, ref run, numbers);
    }

    private static void Run(nint context, ref AttentionRun run, long numbers)
    {
        fixed (AttentionRun* shared = &run)
        {
            int heads = run.Rows * run.KeyHeads;
            run.CutIntoBlocks();
            if (run.Tokens == 1)
            {
                Each(context, shared, AttentionPhase.Step, heads, numbers);
            }
            else if (heads % Environment.ProcessorCount == 0 || heads >= 4 * Environment.ProcessorCount)
            {
                Each(context, shared, AttentionPhase.Whole, heads, numbers * run.Tokens);
            }
            else
            {
                Each(context, shared, AttentionPhase.Store, heads, numbers);
                Each(context, shared, AttentionPhase.Prompt, heads * run.Blocks, numbers * run.Tokens);
            }
        }

        Expect(run.Failed == 0, "a part of an attention failed");
    }

    private static void Each(nint context, AttentionRun* run, AttentionPhase phase, int items, long numbers)
    {
        (run->Phase, run->Items, run->Parts) = (phase, items, numbers < ParallelNumbers ? 1 : Math.Min(items, Parts));
        if (run->Parts == 1)
        {
            run->DoPart(0);
        }
        else
        {
            OrtInterface.InParallel(context, &DoPart, run->Parts, run);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void DoPart(void* run, nuint part)
    {
        try
        {
            ((AttentionRun*)run)->DoPart((int)part);
        }
#pragma warning disable CA1031 // Nothing may be thrown into native code.
        catch (Exception)
#pragma warning restore CA1031
        {
            ((AttentionRun*)run)->Failed = 1;
        }
    }

    private static void ReadCache(nint context, ref AttentionRun run)
    {
        Span<long> shape = stackalloc long[4];
        Span<long> other = stackalloc long[4];
        nint key = OrtInterface.Input(context, 3);
        nint value = OrtInterface.Input(context, 4);
        Expect(OrtInterface.Shape(key, shape) == 4 && OrtInterface.Shape(value, other) == 4 && shape.SequenceEqual(other), "past keys and values have other shapes than 4 equal sizes");
        Expect(shape[1] == run.KeyHeads && shape[3] % VectorMath.Lanes == 0 && shape[3] > 0, "the past has other heads than the node says, or their size is no multiple of 16");
        (run.Rows, run.Length, run.HeadSize) = ((int)shape[0], (int)shape[2], (int)shape[3]);
        run.Keys = (float*)OrtInterface.Data(key);
        run.Values = (float*)OrtInterface.Data(value);
        Expect(
            run.Keys == OrtInterface.Data(OrtInterface.Output(context, 1, shape)) && run.Values == OrtInterface.Data(OrtInterface.Output(context, 2, shape)),
            "past and present must be the same memory");
    }

    private static void ReadTokens(nint context, ref AttentionRun run)
    {
        Span<long> shape = stackalloc long[3];
        nint query = OrtInterface.Input(context, 0);
        int keys = run.KeyHeads * run.HeadSize;
        int queries = run.Heads * run.HeadSize;
        Expect(OrtInterface.Shape(query, shape) == 3 && shape[0] == run.Rows && shape[1] > 0, "the queries have another shape than [rows, tokens, width]");
        run.Tokens = (int)shape[1];
        run.Query = (float*)OrtInterface.Data(query);
        run.QueryWidth = (int)shape[2];
        if (OrtInterface.Input(context, 1) is var key && key == 0)
        {
            Expect(shape[2] == queries + (2 * keys), "queries, keys and values side by side have another width than their heads");
            run.NewKeys = run.Query + queries;
            run.NewValues = run.NewKeys + keys;
            run.NewWidth = run.QueryWidth;
            return;
        }

        nint value = OrtInterface.Input(context, 2);
        Expect(value != 0 && shape[2] == queries, "the queries have another width than their heads");
        foreach (nint tensor in (ReadOnlySpan<nint>)[key, value])
        {
            Expect(OrtInterface.Shape(tensor, shape) == 3 && shape[0] == run.Rows && shape[1] == run.Tokens && shape[2] == keys, "keys or values have another shape than [rows, tokens, width]");
        }

        run.NewKeys = (float*)OrtInterface.Data(key);
        run.NewValues = (float*)OrtInterface.Data(value);
        run.NewWidth = keys;
    }

    private static void ReadRotation(nint context, ref AttentionRun run)
    {
        nint cosines = OrtInterface.Input(context, 7);
        nint sines = OrtInterface.Input(context, 8);
        if (cosines == 0 || sines == 0)
        {
            return;
        }

        Span<long> shape = stackalloc long[2];
        Span<long> other = stackalloc long[2];
        Expect(OrtInterface.Shape(cosines, shape) == 2 && OrtInterface.Shape(sines, other) == 2 && shape.SequenceEqual(other), "cosines and sines have other shapes than 2 equal sizes");
        Expect(shape[1] > 0 && 2 * shape[1] <= run.HeadSize && shape[1] % VectorMath.HalfLanes == 0, "more than a head is rotated, or no multiple of 16 numbers");
        run.Cosines = (float*)OrtInterface.Data(cosines);
        run.Sines = (float*)OrtInterface.Data(sines);
        (run.Half, run.Rotations) = ((int)shape[1], (int)Math.Min(shape[0], int.MaxValue));
    }

    /// <summary>Where each row begins, and how many of its tokens count. Returns how many numbers of keys all rows have together.</summary>
    private static long ReadLengths(nint context, ref AttentionRun run)
    {
        nint lengths = OrtInterface.Input(context, 5);
        Span<long> shape = stackalloc long[2];
        int sizes = OrtInterface.Shape(lengths, shape);
        Expect(sizes is 1 or 2 && shape[0] == run.Rows && (sizes == 1 || shape[1] == 1), "there is not one length for each row");
        var last = (int*)OrtInterface.Data(lengths);
        nint longest = OrtInterface.Input(context, 6);
        Expect(OrtInterface.Shape(longest, shape) is var dimensions && (dimensions == 0 || (dimensions == 1 && shape[0] == 1)), "the longest length is not one number");
        bool first = *(int*)OrtInterface.Data(longest) == run.Tokens;
        long numbers = 0;
        for (int row = 0; row < run.Rows; row++)
        {
            long start = first ? 0 : (long)last[row] + 1 - run.Tokens;
            long end = first ? Math.Min((long)last[row] + 1, run.Tokens) : (long)last[row] + 1;
            Expect(start >= 0 && end > 0 && end <= run.Length && start <= end, "a row has more tokens than the past has room for");
            Expect(run.Half == 0 || end <= run.Rotations, "a row has more tokens than there are cosines and sines");
            run.Spans[row] = ((int)start, (int)end);
            run.Longest = Math.Max(run.Longest, (int)end);
            numbers += end * run.KeyHeads * run.HeadSize;
        }

        return numbers;
    }

    private static void Expect(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"Attention cannot be computed: {otherwise}.");
        }
    }
}
