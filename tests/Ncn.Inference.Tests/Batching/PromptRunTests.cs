using Ncn.Inference.Batching;

namespace Ncn.Inference.Tests.Batching;

/// <summary>Which prompts share a run, and how long a run is.</summary>
public sealed class PromptRunTests
{
    [Fact]
    public void Whole_prompts_of_like_length_in_neighbouring_slots_are_computed_in_one_run()
    {
        var batch = new VirtualBatch(new BatchLimits(Slots: 4, ChunkTokens: 32, MaxWaiting: 16) { TogetherTokens = 64 });
        batch.Arrive(1, Prompt(6, seed: 1));
        batch.Arrive(2, Prompt(9, seed: 2));
        batch.Arrive(3, Prompt(30, seed: 3)); // filling the two up to it would cost more than a run
        batch.Arrive(4, Prompt(40, seed: 4)); // no whole prompt fits into its first chunk
        BatchOutput[] prefills = [.. batch.Next().Where(output => output is BatchOutput.Prefill or BatchOutput.PrefillTogether)];
        BatchOutput.PrefillTogether together = Assert.IsType<BatchOutput.PrefillTogether>(prefills[0]);
        Assert.Equal([new BatchOutput.Prefill(1, 0, 0, 6, true), new BatchOutput.Prefill(2, 1, 0, 9, true)], [.. together.Parts]);
        Assert.All(prefills.Skip(1), output => Assert.IsType<BatchOutput.Prefill>(output));
        Assert.Equal(6 + 9 + 30 + 32 + 8, batch.Computed);
    }

    [Fact]
    public void A_prompt_that_many_would_be_filled_up_to_has_a_run_of_its_own()
    {
        var batch = new VirtualBatch(new BatchLimits(Slots: 8, ChunkTokens: 32, MaxWaiting: 16) { TogetherTokens = 128 });
        for (int id = 1; id <= 5; id++)
        {
            batch.Arrive(id, Prompt(9, seed: id));
        }

        batch.Arrive(6, Prompt(12, seed: 6)); // 3 tokens more for each of five
        batch.Arrive(7, Prompt(13, seed: 7)); // 1 token more for one
        int[][] runs = [.. batch.Next().OfType<BatchOutput.PrefillTogether>().Select(run => run.Parts.Select(part => part.Count).ToArray())];
        Assert.Equal([[9, 9, 9, 9, 9], [12, 13]], runs);
    }

    [Fact]
    public void A_prompt_whose_last_token_is_alone_in_a_tile_of_attention_has_a_run_of_its_own()
    {
        var batch = new VirtualBatch(new BatchLimits(Slots: 4, ChunkTokens: 32, MaxWaiting: 16) { TogetherTokens = 128, TileTokens = 8 });
        foreach (int length in (int[])[15, 16, 17, 18])
        {
            batch.Arrive(length, Prompt(length, seed: length));
        }

        BatchOutput[] runs = [.. batch.Next().Where(output => output is BatchOutput.Prefill or BatchOutput.PrefillTogether)];
        Assert.Equal([15, 16], Assert.IsType<BatchOutput.PrefillTogether>(runs[0]).Parts.Select(part => part.Count));
        Assert.Equal([17, 18], runs.Skip(1).Select(run => Assert.IsType<BatchOutput.Prefill>(run).Count));
    }

    [Fact]
    public void A_long_run_takes_more_than_a_chunk_and_leaves_nothing_to_others()
    {
        const int chunk = 4;
        var batch = new VirtualBatch(new BatchLimits(Slots: 2, chunk, MaxWaiting: 16));
        int[] prompt = Prompt((4 * chunk) + 1);
        batch.Arrive(1, prompt, runTokens: 2 * chunk);
        batch.Arrive(2, [.. prompt, 1], priority: -1);
        BatchOutput.Prefill[] prefills = [.. Enumerable.Range(0, 12).SelectMany(_ => batch.Next()).OfType<BatchOutput.Prefill>()];
        Assert.Equal([2 * chunk, 2 * chunk, 1], prefills.Where(part => part.Id == 1).Select(part => part.Count));
        Assert.Equal([chunk, chunk, chunk, chunk, 2], prefills.Where(part => part.Id == 2).Select(part => part.Count));
        Assert.Equal(new BatchOutput.Release(1, 0, 0), batch.Apply(new BatchInput.Leave(1)).OfType<BatchOutput.Release>().Single());
    }

    [Fact]
    public void A_run_of_several_prompts_has_no_more_tokens_than_are_allowed()
    {
        var batch = new VirtualBatch(new BatchLimits(Slots: 8, ChunkTokens: 32, MaxWaiting: 16) { TogetherTokens = 64 });
        for (int id = 1; id <= 8; id++)
        {
            batch.Arrive(id, Prompt(20, seed: id));
        }

        BatchOutput.PrefillTogether[] together = [.. batch.Next().OfType<BatchOutput.PrefillTogether>()];
        Assert.Equal([3, 3], together.Select(run => run.Parts.Length));
    }

    private static int[] Prompt(int length, int seed = 0) => [.. Enumerable.Range(0, length).Select(i => (seed * 1000) + i)];
}
