using Ncn.Inference.Batching;

namespace Ncn.Inference.Tests.Batching;

public sealed class BatchPolicyTests
{
    private const int Chunk = 4;

    [Fact]
    public void A_request_is_admitted_prefilled_by_chunks_and_decoded()
    {
        VirtualBatch batch = Batch(slots: 2);
        Assert.Empty(batch.Arrive(1, Prompt(6)));
        Assert.Equal(
            [new BatchOutput.Admit(1, 0, 0), new BatchOutput.Prefill(1, 0, 0, 4, false), new BatchOutput.Prefill(1, 0, 4, 2, true)], batch.Next());
        Assert.Equal([new BatchOutput.Decode(1)], batch.Next());
        Assert.Equal([new BatchOutput.Decode(1)], batch.Next());
    }

    [Fact]
    public void Nothing_to_do_is_no_work() => Assert.Empty(Batch(slots: 2).Next());

    [Fact]
    public void A_long_prompt_does_not_stall_those_who_decode()
    {
        VirtualBatch batch = Decoding(slots: 2, requests: 1);
        batch.Arrive(9, Prompt(100, seed: 5));
        int steps = 0;
        while (!batch.Decoding.Contains(9))
        {
            var outputs = batch.Next();
            Assert.Contains(outputs, output => output is BatchOutput.Decode);
            Assert.InRange(outputs.OfType<BatchOutput.Prefill>().Sum(prefill => prefill.Count), 0, Chunk);
            Assert.InRange(++steps, 1, 27);
        }
    }

    [Fact]
    public void While_few_decode_more_of_the_prompts_is_computed()
    {
        VirtualBatch batch = Decoding(slots: 8, requests: 1);
        batch.Arrive(9, Prompt(100, seed: 5));
        Assert.Equal(4 * Chunk, batch.Next().OfType<BatchOutput.Prefill>().Sum(prefill => prefill.Count));
    }

    [Fact]
    public void The_shortest_remaining_prompt_goes_first()
    {
        VirtualBatch batch = Batch(slots: 3);
        batch.Arrive(1, Prompt(40, seed: 1));
        batch.Next();
        batch.Arrive(2, Prompt(8, seed: 2));
        batch.Arrive(3, Prompt(3, seed: 3));
        long[] order = [.. batch.Next().OfType<BatchOutput.Prefill>().Select(prefill => prefill.Id)];
        Assert.Equal([3L, 2, 2, 1, 1], order);
    }

    [Fact]
    public void A_long_prompt_is_not_starved_by_short_ones()
    {
        VirtualBatch batch = Batch(slots: 2);
        batch.Arrive(1, Prompt(200, seed: 1));
        long id = 2;
        int steps = 0;
        while (batch.SlotOf(1)?.Phase != SlotPhase.Decoding)
        {
            batch.Arrive(id, Prompt(16, seed: (int)id));
            batch.Next();
            foreach (long done in batch.Decoding.Where(done => done != 1).ToArray())
            {
                batch.Apply(new BatchInput.Leave(done));
            }

            id++;
            Assert.InRange(++steps, 1, 200);
        }
    }

    [Fact]
    public void A_finished_row_is_swapped_with_the_last()
    {
        VirtualBatch batch = Decoding(slots: 3, requests: 3);
        long first = batch.State.Slots[0].Request!.Id;
        long last = batch.State.Slots[2].Request!.Id;
        Assert.Equal([new BatchOutput.Release(first, 0, 4), new BatchOutput.Swap(0, 2)], batch.Apply(new BatchInput.Leave(first)));
        Assert.Equal(last, batch.State.Slots[0].Request!.Id);
        Assert.Equal([new BatchOutput.Decode(2)], batch.Next());
    }

    [Fact]
    public void Without_compact_batches_nothing_is_moved_and_all_slots_run()
    {
        VirtualBatch batch = Decoding(slots: 3, requests: 3, compact: false);
        Assert.Equal([new BatchOutput.Release(1, 0, 4)], batch.Apply(new BatchInput.Leave(1)));
        Assert.Equal([new BatchOutput.Decode(3)], batch.Next());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whole_chunks_of_a_shared_beginning_are_taken_from_a_slot_that_is_free(bool compact)
    {
        VirtualBatch batch = Batch(slots: 1, compact);
        Serve(batch, 1, Prompt(11));
        int[] second = [.. Prompt(11)[..10], 99, 98, 97];
        batch.Arrive(2, second);
        var outputs = batch.Next();
        Assert.Equal(new BatchOutput.Admit(2, 0, 8), outputs[0]);
        Assert.Equal(5, outputs.OfType<BatchOutput.Prefill>().Sum(prefill => prefill.Count));
    }

    [Fact]
    public void A_beginning_is_copied_from_a_slot_that_is_in_use()
    {
        VirtualBatch batch = Batch(slots: 2);
        batch.Arrive(1, Prompt(11));
        batch.Next();
        batch.Arrive(2, Prompt(13));
        Assert.Contains(new BatchOutput.Copy(0, 1, 8), batch.Next());
        batch.Next();
        Assert.Equal(11 + 5, batch.Computed);
    }

    [Fact]
    public void Requests_that_arrive_together_compute_a_shared_beginning_once()
    {
        VirtualBatch batch = Batch(slots: 4);
        for (int id = 1; id <= 4; id++)
        {
            batch.Arrive(id, [.. Prompt(16), id]);
        }

        Run(batch, steps: 10);
        Assert.Equal(4, batch.State.Decoding);
        Assert.Equal(16 + 4, batch.Computed);
    }

    [Fact]
    public void The_last_token_is_always_computed_for_its_logits()
    {
        VirtualBatch batch = Batch(slots: 1);
        Serve(batch, 1, Prompt(8));
        batch.Arrive(2, Prompt(8));
        Assert.Equal([new BatchOutput.Admit(2, 0, 4), new BatchOutput.Prefill(2, 0, 4, 4, true)], batch.Next());
    }

    [Fact]
    public void No_more_is_reused_than_a_request_allows()
    {
        VirtualBatch batch = Batch(slots: 1);
        Serve(batch, 1, Prompt(20));
        batch.Arrive(2, Prompt(20), reusable: 7);
        Assert.Equal(new BatchOutput.Admit(2, 0, 4), batch.Next()[0]);
    }

    [Fact]
    public void A_slot_that_failed_keeps_nothing()
    {
        VirtualBatch batch = Decoding(slots: 1, requests: 1);
        Assert.Equal([new BatchOutput.Release(1, 0, 0)], batch.Apply(new BatchInput.Leave(1, KeepPrefix: false)));
    }

    [Fact]
    public void The_beginning_that_was_unused_for_longest_is_given_up_first()
    {
        VirtualBatch batch = Batch(slots: 2);
        Serve(batch, 1, Prompt(9, seed: 1));
        Serve(batch, 2, Prompt(9, seed: 2));
        Serve(batch, 3, Prompt(9, seed: 1));
        int before = batch.Computed;
        Serve(batch, 4, Prompt(9, seed: 4)); // takes the slot of seed 2
        Serve(batch, 5, Prompt(9, seed: 1));
        Assert.Equal(before + 9 + 1, batch.Computed);
    }

    [Fact]
    public void A_more_urgent_request_takes_the_slot_of_the_least_urgent_latest_one()
    {
        VirtualBatch batch = Batch(slots: 2);
        batch.Arrive(1, Prompt(5, seed: 1), priority: 1);
        batch.Arrive(2, Prompt(5, seed: 2), priority: 1);
        Run(batch, steps: 3);
        batch.Arrive(3, Prompt(5, seed: 3), priority: 1);
        Run(batch, steps: 3);
        Assert.Null(batch.SlotOf(3));
        batch.Arrive(4, Prompt(5, seed: 4), priority: 2);
        var outputs = batch.Next();
        Assert.Contains(outputs, output => output is BatchOutput.Preempt { Id: 2 });
        Run(batch, steps: 3);
        Assert.Equal([1L, 4], batch.Decoding.Order());
        batch.Apply(new BatchInput.Leave(1));
        Run(batch, steps: 3);
        Assert.Equal([2L, 4], batch.Decoding.Order());
        Assert.Equal(3, Assert.Single(batch.State.Waiting).Id);
    }

    [Fact]
    public void A_paused_request_keeps_its_slot_until_somebody_needs_it()
    {
        VirtualBatch batch = Decoding(slots: 2, requests: 2);
        batch.Apply(new BatchInput.Pause(1));
        Assert.Equal([new BatchOutput.Decode(1)], batch.Next());
        batch.Apply(new BatchInput.Resume(1));
        Run(batch, steps: 1);
        Assert.Equal([1L, 2], batch.Decoding.Order());

        batch.Apply(new BatchInput.Pause(2));
        batch.Arrive(3, Prompt(5, seed: 3));
        Run(batch, steps: 3);
        Assert.Equal([1L, 3], batch.Decoding.Order());
        Run(batch, steps: 2);
        Assert.Null(batch.SlotOf(2));
        batch.Apply(new BatchInput.Leave(3));
        Run(batch, steps: 2);
        Assert.Null(batch.SlotOf(2)); // still paused
        batch.Apply(new BatchInput.Resume(2));
        Run(batch, steps: 3);
        Assert.Equal([1L, 2], batch.Decoding.Order());
    }

    [Fact]
    public void A_full_queue_refuses()
    {
        VirtualBatch batch = Batch(slots: 1, maxWaiting: 1);
        Assert.Empty(batch.Arrive(1, Prompt(5)));
        Assert.Empty(batch.Arrive(2, Prompt(5)));
        Assert.Equal([new BatchOutput.Refuse(3)], batch.Arrive(3, Prompt(5)));
        batch.Next();
        Assert.Equal([new BatchOutput.Refuse(4)], batch.Arrive(4, Prompt(5)));
    }

    [Fact]
    public void Closing_sends_away_who_has_not_begun()
    {
        VirtualBatch batch = Batch(slots: 1);
        batch.Arrive(1, Prompt(5, seed: 1));
        Run(batch, steps: 2);
        batch.Arrive(2, Prompt(5, seed: 2));
        batch.Arrive(3, Prompt(5, seed: 3), priority: 1);
        batch.Next(); // 3 preempts 1, which waits now
        Assert.Equal([new BatchOutput.Dismiss(2)], batch.Apply(new BatchInput.Close()));
        batch.Apply(new BatchInput.Leave(3));
        Run(batch, steps: 2);
        Assert.Equal([1L], batch.Decoding);
    }

    [Fact]
    public void A_request_that_goes_frees_its_place_wherever_it_is()
    {
        VirtualBatch batch = Batch(slots: 1);
        batch.Arrive(1, Prompt(40, seed: 1));
        batch.Next();
        batch.Arrive(2, Prompt(5, seed: 2));
        batch.Apply(new BatchInput.Leave(1)); // in the middle of its prefill
        batch.Apply(new BatchInput.Leave(2)); // waiting
        Assert.Empty(batch.Apply(new BatchInput.Leave(7)));
        Assert.Empty(batch.Next());
        Assert.Equal(1, batch.State.Free);
    }

    /// <summary>Whatever comes, in whatever order: <see cref="VirtualBatch"/> checks the memory, and in the end everybody was served.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void Any_order_of_inputs_keeps_memory_and_promises(int seed, bool compact)
    {
        var random = new Random(seed);
        VirtualBatch batch = Batch(slots: 5, compact, maxWaiting: 6);
        var open = new HashSet<long>();
        for (long id = 1; id < 3000; id++)
        {
            int[] prompt = [.. Prompt(random.Next(1, 30), random.Next(3)), .. Prompt(random.Next(4), random.Next(50))];
            if (random.Next(3) == 0 && !batch.Arrive(id, prompt, random.Next(3), random.Next(40)).OfType<BatchOutput.Refuse>().Any())
            {
                open.Add(id);
            }

            if (open.Count > 0 && random.Next(4) == 0)
            {
                long other = open.ElementAt(random.Next(open.Count));
                batch.Apply(random.Next(3) == 0 ? new BatchInput.Pause(other) : new BatchInput.Resume(other));
            }

            if (open.Count > 0 && random.Next(4) == 0)
            {
                long gone = open.ElementAt(random.Next(open.Count));
                open.Remove(gone);
                batch.Apply(new BatchInput.Leave(gone, random.Next(8) > 0));
            }

            batch.Next();
        }

        for (int step = 0; open.Count > 0; step++)
        {
            Assert.InRange(step, 0, 500);
            open.ToList().ForEach(id => batch.Apply(new BatchInput.Resume(id)));
            batch.Next();
            foreach (long done in batch.Decoding.ToArray())
            {
                open.Remove(done);
                batch.Apply(new BatchInput.Leave(done));
            }
        }

        Assert.Equal(5, batch.State.Free);
        Assert.Empty(batch.State.Waiting);
    }

    private static VirtualBatch Batch(int slots, bool compact = true, int maxWaiting = 100) =>
        new(new BatchLimits(slots, Chunk, maxWaiting) { Compact = compact });

    private static VirtualBatch Decoding(int slots, int requests, bool compact = true)
    {
        VirtualBatch batch = Batch(slots, compact);
        for (int id = 1; id <= requests; id++)
        {
            batch.Arrive(id, Prompt(6, seed: 100 + id));
        }

        Run(batch, steps: 3);
        Assert.Equal(requests, batch.State.Decoding);
        return batch;
    }

    private static void Serve(VirtualBatch batch, long id, int[] prompt)
    {
        batch.Arrive(id, prompt);
        Run(batch, steps: 4);
        Assert.Contains(id, batch.Decoding);
        batch.Apply(new BatchInput.Leave(id));
    }

    private static void Run(VirtualBatch batch, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            batch.Next();
        }
    }

    /// <summary>Token ids that begin alike for the same seed, and differ from the first token for others.</summary>
    private static int[] Prompt(int length, int seed = 0) => [.. Enumerable.Range(0, length).Select(i => (seed * 1000) + i)];
}
