using Microsoft.ML.OnnxRuntime;

namespace Ncn.Inference.Tests.Operators;

/// <summary>Our attention: the numbers of ONNX Runtime's, and the same bits however its work is divided.</summary>
public sealed class AttentionTests
{
    private const float Tolerance = 2e-5f;

    public static TheoryData<int, int, int, int, bool, float> Forms { get; } = new()
    {
        { 4, 2, 16, 8, true, 0 }, { 8, 4, 64, 32, true, 0.3f }, { 6, 2, 80, 40, false, 0 }, { 5, 5, 32, 16, false, 0.05f },
        { 9, 3, 48, 24, true, 0 }, { 7, 1, 128, 64, true, 0 }, { 4, 4, 96, 0, true, 0 }, { 12, 2, 32, 0, false, 0.1f },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void It_gives_what_the_operator_of_onnx_runtime_gives(int heads, int keyHeads, int size, int half, bool isPacked, float scale)
    {
        var form = new AttentionForm(heads, keyHeads, size, half, isPacked) { Scale = scale };
        int[] lengths = [75, 1, 40];
        using var theirs = new AttentionBench(form, isOurs: false, rows: 3);
        using var ours = new AttentionBench(form, isOurs: true, rows: 3);
        float[][] prompts = [.. lengths.Select((_, row) => AttentionBench.Numbers(form, row, 0, 75))];
        Same(theirs.Run(prompts, lengths, 75), ours.Run(prompts, lengths, 75), form, tokens: 75, lengths);
        for (int step = 0; step < 20; step++)
        {
            int[] after = [.. lengths.Select(length => length + step + 1)];
            float[][] next = [.. lengths.Select((length, row) => AttentionBench.Numbers(form, row, length + step, 1))];
            Same(theirs.Run(next, after, 128), ours.Run(next, after, 128), form, tokens: 1, [1, 1, 1]);
        }

        for (int row = 0; row < 3; row++)
        {
            for (int head = 0; head < keyHeads; head++)
            {
                Close(theirs.Keys(row, head, lengths[row] + 20), ours.Keys(row, head, lengths[row] + 20));
                Assert.Equal(theirs.Values(row, head, lengths[row] + 20), ours.Values(row, head, lengths[row] + 20));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_prompt_in_parts_goes_on_where_it_stopped(int heads, int keyHeads, int size, int half, bool isPacked, float scale)
    {
        var form = new AttentionForm(heads, keyHeads, size, half, isPacked) { Scale = scale };
        using var theirs = new AttentionBench(form, isOurs: false, rows: 1);
        using var ours = new AttentionBench(form, isOurs: true, rows: 1);
        int start = 0;
        foreach (int tokens in (int[])[33, 64, 2, 41])
        {
            float[][] part = [AttentionBench.Numbers(form, 0, start, tokens)];
            start += tokens;
            Same(theirs.Run(part, [start], start), ours.Run(part, [start], start), form, tokens, [tokens]);
        }
    }

    [Fact]
    public void A_long_row_is_computed_in_smaller_blocks_and_gives_the_same()
    {
        var form = new AttentionForm(12, 2, 16, 8, IsPacked: true) { Length = 2_600 };
        using var theirs = new AttentionBench(form, isOurs: false, rows: 1);
        using var ours = new AttentionBench(form, isOurs: true, rows: 1);
        int start = 0;
        foreach (int tokens in (int[])[2_511, 61, 1])
        {
            float[][] part = [AttentionBench.Numbers(form, 0, start, tokens)];
            start += tokens;
            Same(theirs.Run(part, [start], start), ours.Run(part, [start], start), form, tokens, [tokens]);
        }
    }

    [Theory]
    [InlineData(2, 16, 8)]
    [InlineData(3, 64, 32)]
    [InlineData(1, 80, 16)]
    public void A_tokens_bits_do_not_depend_on_what_is_computed_beside_it(int group, int size, int half)
    {
        var form = new AttentionForm(2 * group, 2, size, half, IsPacked: true);
        using var whole = new AttentionBench(form, isOurs: true, rows: 1, threads: 1);
        float[] alone = whole.Run([AttentionBench.Numbers(form, 0, 0, 150)], [150], 150);
        foreach (int part in (int[])[2, 7, 32, 33, 64, 149])
        {
            using var parts = new AttentionBench(form, isOurs: true, rows: 1, threads: 3);
            List<float> said = [];
            for (int start = 0; start + 2 <= 150; start += part)
            {
                int tokens = Math.Min(part, 150 - start);
                if (tokens == 1)
                {
                    break; // one token is a step, whose sums have another order
                }

                said.AddRange(parts.Run([AttentionBench.Numbers(form, 0, start, tokens)], [start + tokens], start + tokens));
            }

            Assert.Equal(alone[..said.Count], said);
        }

        using var beside = new AttentionBench(form, isOurs: true, rows: 4);
        int[] lengths = [9, 150, 30, 1];
        float[] together = beside.Run([.. new[] { 3, 0, 1, 2 }.Select(row => AttentionBench.Numbers(form, row, 0, 150))], lengths, 150);
        Assert.Equal(alone, together[(together.Length / 4)..(together.Length / 2)]);
    }

    [Fact]
    public void A_steps_bits_do_not_depend_on_the_rows_beside_it_nor_on_the_width_of_the_mask()
    {
        var form = new AttentionForm(8, 4, 64, 32, IsPacked: true);
        float[] Step(AttentionBench bench, int[] rows, int longest)
        {
            float[][] prompts = [.. rows.Select(row => AttentionBench.Numbers(form, row, 0, 40))];
            bench.Run(prompts, [.. rows.Select(_ => 40)], 40);
            return bench.Run([.. rows.Select(row => AttentionBench.Numbers(form, row, 40, 1))], [.. rows.Select(_ => 41)], longest);
        }

        using var one = new AttentionBench(form, isOurs: true, rows: 1, threads: 1);
        float[] alone = Step(one, [5], 41);
        int[] many = [.. Enumerable.Range(0, 32)];
        using var all = new AttentionBench(form, isOurs: true, rows: 32);
        Assert.Equal(alone, Step(all, many, 128)[(5 * alone.Length)..(6 * alone.Length)]);
    }

    [Fact]
    public void Scores_that_are_far_apart_give_all_weight_to_the_greatest()
    {
        var form = new AttentionForm(2, 1, 16, 0, IsPacked: true) { Scale = 100 };
        using var theirs = new AttentionBench(form, isOurs: false, rows: 1);
        using var ours = new AttentionBench(form, isOurs: true, rows: 1);
        float[][] prompt = [AttentionBench.Numbers(form, 0, 0, 50, most: 8)];
        float[] said = ours.Run(prompt, [50], 50);
        Assert.DoesNotContain(said, number => !float.IsFinite(number));
        Same(theirs.Run(prompt, [50], 50), said, form, 50, [50]);
    }

    [Theory]
    [InlineData(161, "more tokens than the past has room for")]
    [InlineData(0, "more tokens than the past has room for")]
    [InlineData(int.MinValue, "more tokens than the past has room for")]
    public void A_length_that_does_not_fit_is_an_error_and_touches_no_memory(int length, string why)
    {
        var form = new AttentionForm(4, 2, 16, 8, IsPacked: true);
        using var bench = new AttentionBench(form, isOurs: true, rows: 1);
        float[][] token = [AttentionBench.Numbers(form, 0, 0, 1)];
        Assert.Contains(why, Assert.Throws<OnnxRuntimeException>(() => bench.Run(token, [length], 160)).Message, StringComparison.Ordinal);
        Assert.All(bench.Keys(0, 0, 160), number => Assert.Equal(0, number));
        Assert.NotEmpty(bench.Run(token, [1], 160)); // and the session goes on
    }

    [Fact]
    public void Another_memory_for_the_present_is_an_error()
    {
        var form = new AttentionForm(4, 2, 16, 8, IsPacked: true);
        using var bench = new AttentionBench(form, isOurs: true, rows: 1);
        float[][] token = [AttentionBench.Numbers(form, 0, 0, 1)];
        Assert.Contains("must be the same memory", Assert.Throws<OnnxRuntimeException>(() => bench.Run(token, [1], 160, apart: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_that_is_no_multiple_of_16_is_an_error()
    {
        var form = new AttentionForm(4, 2, 24, 0, IsPacked: true);
        using var bench = new AttentionBench(form, isOurs: true, rows: 1);
        Assert.Contains("no multiple of 16", Assert.Throws<OnnxRuntimeException>(() => bench.Run([AttentionBench.Numbers(form, 0, 0, 1)], [1], 160)).Message, StringComparison.Ordinal);
    }

    private static void Same(float[] theirs, float[] ours, AttentionForm form, int tokens, int[] count)
    {
        int width = form.Heads * form.HeadSize;
        for (int row = 0; row < count.Length; row++)
        {
            Range counts = new(row * tokens * width, ((row * tokens) + count[row]) * width);
            Close(theirs[counts], ours[counts]);
            Assert.All(ours[new Range(counts.End, (row + 1) * tokens * width)], number => Assert.Equal(0, number));
        }
    }

    private static void Close(float[] expected, float[] found)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(MathF.Abs(expected[i] - found[i]) <= Tolerance * MathF.Max(1, MathF.Abs(expected[i])), $"number {i} is {found[i]}, and {expected[i]} was expected");
        }
    }
}
