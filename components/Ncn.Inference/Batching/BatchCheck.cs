using Microsoft.ML.OnnxRuntime;

namespace Ncn.Inference.Batching;

/// <summary>
/// Tries a decoder out before it serves: rows of different lengths in one batch must give what each gives alone. A graph that
/// does not keep rows apart is refused; one whose last bits depend on the size of the batch is always run with all its slots.
/// </summary>
internal static class BatchCheck
{
    private const int Steps = 2;
    private const float Tolerance = 0.1f;
    private const float LastBits = 1e-3f;

    /// <exception cref="InvalidDataException">Rows disturb each other, or the graph cannot be run this way.</exception>
    public static BatchBits Try(IDecoderRuntime runtime, int vocabulary)
    {
        if (runtime.Slots == 1 || runtime.Length <= Steps)
        {
            return BatchBits.SameInAnyBatch;
        }

        int[][] prompts = [Prompt(2, runtime, vocabulary), Prompt(runtime.ChunkTokens + 3, runtime, vocabulary), Prompt(1, runtime, vocabulary)];
        float[][] alone = [.. prompts.Select(prompt => Alone(runtime, prompt, vocabulary))];
        bool same = true;
        foreach (int rows in (int[])[2, 3, runtime.Slots / 2, runtime.Slots])
        {
            if (rows > 1 && rows <= runtime.Slots)
            {
                same &= Compare(runtime, prompts, alone, rows, vocabulary);
            }
        }

        return same && runtime.MovesSlots ? BatchBits.SameInAnyBatch : FullBatches(runtime, prompts, vocabulary);
    }

    /// <summary>Whether an edited graph runs, and a token's logits are the same when those before it are left out. False too where that cannot be tried.</summary>
    public static bool MayRunEdited(IDecoderRuntime runtime, int vocabulary)
    {
        if (runtime.Length <= Steps)
        {
            return false;
        }

        int[] prompt = Prompt(5, runtime, vocabulary);
        try
        {
            runtime.Prefill(0, prompt, 0, 0);
            float[] all = runtime.Logits(prompt.Length - 1).ToArray();
            runtime.Prefill(0, prompt, 0, prompt.Length - 1);
            bool same = Difference(all, runtime.Logits(prompt.Length - 1)) <= LastBits;
            runtime.Decode([prompt[0]], [prompt.Length]);
            return same;
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
    }

    /// <summary>Whether prompts of different lengths that are computed together have, to the bit, the logits that each has alone.</summary>
    public static bool MayPrefillTogether(IDecoderRuntime runtime, int vocabulary)
    {
        if (runtime.Length <= Steps)
        {
            return false;
        }

        int[][] prompts = [Prompt(3, runtime, vocabulary), Prompt(9, runtime, vocabulary)];
        if (runtime.Slots < prompts.Length || prompts.Length * prompts[^1].Length > runtime.TogetherTokens)
        {
            return false;
        }

        float[][] first = [.. prompts.Select(prompt => First(runtime, prompt))];
        float[][] alone = [.. prompts.Select(prompt => Alone(runtime, prompt, vocabulary))];
        try
        {
            runtime.PrefillTogether(0, [.. prompts.Select(prompt => new WholePrompt(prompt, prompt.Length - 1))]);
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }

        for (int i = 0; i < prompts.Length; i++)
        {
            runtime.LookAt(i);
            if (!runtime.Logits(prompts[i].Length - 1).SequenceEqual(first[i]))
            {
                return false;
            }
        }

        for (int step = 0; step < Steps; step++)
        {
            int[] positions = [.. prompts.Select(prompt => prompt.Length + step)];
            runtime.Decode([.. positions.Select(position => Token(position, vocabulary))], positions);
        }

        return runtime.Logits(0).SequenceEqual(alone[0]) && runtime.Logits(1).SequenceEqual(alone[1]);
    }

    /// <summary>Each prompt in each row of batches of all slots, beside different ones.</summary>
    private static BatchBits FullBatches(IDecoderRuntime runtime, int[][] prompts, int vocabulary)
    {
        Decode(runtime, prompts, runtime.Slots, vocabulary);
        float[][] first = [.. prompts.Select((_, i) => i < runtime.Slots ? runtime.Logits(i).ToArray() : [])];
        bool same = true;
        for (int shift = 0; shift < prompts.Length; shift++)
        {
            int[][] shifted = [.. prompts[shift..], .. prompts[..shift]];
            Decode(runtime, shifted, runtime.Slots, vocabulary);
            for (int row = 0; row < runtime.Slots; row++)
            {
                float[] expected = first[(row + shift) % prompts.Length];
                same &= expected.Length == 0 || Same(expected, runtime.Logits(row));
            }
        }

        return same ? BatchBits.SameInFullBatch : BatchBits.Vary;
    }

    private static bool Compare(IDecoderRuntime runtime, int[][] prompts, float[][] alone, int rows, int vocabulary)
    {
        Decode(runtime, prompts, rows, vocabulary);
        bool same = true;
        for (int row = 0; row < rows; row++)
        {
            same &= Same(alone[row % prompts.Length], runtime.Logits(row));
        }

        return same;
    }

    private static void Decode(IDecoderRuntime runtime, int[][] prompts, int rows, int vocabulary)
    {
        int[] tokens = new int[rows];
        int[] positions = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            Fill(runtime, row, prompts[row % prompts.Length]);
        }

        for (int step = 0; step < Steps; step++)
        {
            for (int row = 0; row < rows; row++)
            {
                positions[row] = prompts[row % prompts.Length].Length + step;
                tokens[row] = Token(positions[row], vocabulary);
            }

            runtime.Decode(tokens, positions);
        }
    }

    private static float[] Alone(IDecoderRuntime runtime, int[] prompt, int vocabulary)
    {
        Fill(runtime, 0, prompt);
        for (int step = 0; step < Steps; step++)
        {
            runtime.Decode([Token(prompt.Length + step, vocabulary)], [prompt.Length + step]);
        }

        return runtime.Logits(0).ToArray();
    }

    private static float[] First(IDecoderRuntime runtime, int[] prompt)
    {
        Fill(runtime, 0, prompt);
        return runtime.Logits(prompt.Length - 1).ToArray();
    }

    private static void Fill(IDecoderRuntime runtime, int slot, int[] prompt)
    {
        for (int start = 0; start < prompt.Length; start += runtime.ChunkTokens)
        {
            int count = Math.Min(runtime.ChunkTokens, prompt.Length - start);
            runtime.Prefill(slot, prompt.AsSpan(start, count), start, count - 1);
        }
    }

    private static bool Same(float[] expected, ReadOnlySpan<float> found)
    {
        if (found.SequenceEqual(expected))
        {
            return true;
        }

        return Difference(expected, found) <= Tolerance ? false : throw new InvalidDataException(
            "the decoder gives other results in a batch than alone; this engine runs decoders whose attention is GroupQueryAttention with shared past and present buffers");
    }

    /// <summary>The largest difference, in parts of the greatest logit (at least 1).</summary>
    private static float Difference(float[] expected, ReadOnlySpan<float> found)
    {
        float greatest = 1;
        float difference = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            greatest = Math.Max(greatest, Math.Abs(expected[i]));
            difference = Math.Max(difference, Math.Abs(expected[i] - found[i]));
        }

        return difference / greatest;
    }

    private static int[] Prompt(int tokens, IDecoderRuntime runtime, int vocabulary) =>
        [.. Enumerable.Range(0, Math.Min(tokens, runtime.Length - Steps)).Select(position => Token(position, vocabulary))];

    private static int Token(int position, int vocabulary) => (int)(((position * 7919L) + 13) % vocabulary);
}

/// <summary>On what the last bits of a row depend, besides the row.</summary>
internal enum BatchBits
{
    /// <summary>On nothing: batches may have any size.</summary>
    SameInAnyBatch,

    /// <summary>On the size of the batch: it is always that of all slots.</summary>
    SameInFullBatch,

    /// <summary>On the other rows, or the row's place.</summary>
    Vary,
}
