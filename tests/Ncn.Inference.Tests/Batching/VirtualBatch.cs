using System.Collections.Immutable;
using Ncn.Inference.Batching;

namespace Ncn.Inference.Tests.Batching;

/// <summary>
/// The policy with a memory of token ids in place of a model. It checks that each prefill finds the beginning of its prompt in its
/// slot, that decoding slots hold their whole prompt, and that they come first.
/// </summary>
internal sealed class VirtualBatch(BatchLimits limits)
{
    private readonly List<int>[] _memory = [.. Enumerable.Range(0, limits.Slots).Select(_ => new List<int>())];
    private readonly Dictionary<long, int[]> _prompts = [];

    public BatchState State { get; private set; } = BatchState.Start(limits);

    /// <summary>Prompt tokens that were computed.</summary>
    public int Computed { get; private set; }

    public BatchOutput[] Arrive(long id, int[] prompt, int priority = 0, int reusable = int.MaxValue, int runTokens = 0)
    {
        _prompts[id] = prompt;
        return Apply(new BatchInput.Arrive(id, prompt, priority, reusable, runTokens));
    }

    public BatchOutput[] Next() => Apply(BatchInput.Next.Step);

    public BatchOutput[] Apply(BatchInput input)
    {
        (State, ImmutableArray<BatchOutput> outputs) = BatchPolicy.Apply(State, input);
        foreach (BatchOutput output in outputs)
        {
            Carry(output);
        }

        Check();
        return [.. outputs];
    }

    /// <summary>Where a request is; null when it has no slot.</summary>
    public BatchSlot? SlotOf(long id) => State.Slots.FirstOrDefault(slot => slot.Request?.Id == id);

    public IEnumerable<long> Decoding => State.Slots.Where(slot => slot.Phase == SlotPhase.Decoding).Select(slot => slot.Request!.Id);

    private void Carry(BatchOutput output)
    {
        switch (output)
        {
            case BatchOutput.Copy copy:
                Assert.True(_memory[copy.From].Count >= copy.Tokens);
                _memory[copy.To] = [.. _memory[copy.From].Take(copy.Tokens)];
                break;
            case BatchOutput.Swap swap:
                (_memory[swap.First], _memory[swap.Second]) = (_memory[swap.Second], _memory[swap.First]);
                break;
            case BatchOutput.Admit admit:
                Cut(admit.Slot, admit.Reused);
                break;
            case BatchOutput.Release release:
                Cut(release.Slot, release.Kept);
                break;
            case BatchOutput.Prefill prefill:
                Fill(prefill);
                break;
            case BatchOutput.PrefillTogether together:
                Assert.InRange(together.Parts.Max(part => part.Count) * together.Parts.Length, 2, limits.TogetherTokens);
                Assert.Equal(Enumerable.Range(together.Parts[0].Slot, together.Parts.Length), together.Parts.Select(part => part.Slot));
                Array.ForEach([.. together.Parts], Fill);
                break;
        }
    }

    private void Cut(int slot, int tokens)
    {
        Assert.InRange(tokens, 0, _memory[slot].Count);
        _memory[slot].RemoveRange(tokens, _memory[slot].Count - tokens);
    }

    private void Fill(BatchOutput.Prefill prefill)
    {
        int[] prompt = _prompts[prefill.Id];
        Assert.Equal(prompt[..prefill.Start], _memory[prefill.Slot]);
        Assert.Equal(0, prefill.Start % limits.ChunkTokens);
        int run = Math.Max(limits.ChunkTokens, State.Slots[prefill.Slot].Request?.LongRun ?? 0);
        Assert.Equal(Math.Min(run, prompt.Length - prefill.Start), prefill.Count);
        Assert.Equal(prompt.Length == prefill.Start + prefill.Count, prefill.IsLast);
        _memory[prefill.Slot].AddRange(prompt.Skip(prefill.Start).Take(prefill.Count));
        Computed += prefill.Count;
    }

    private void Check()
    {
        Assert.Equal(State.Decoding, State.Slots.Count(slot => slot.Phase == SlotPhase.Decoding));
        for (int slot = 0; slot < limits.Slots; slot++)
        {
            BatchSlot held = State.Slots[slot];
            Assert.Equal(held.Phase == SlotPhase.Free, held.Request is null);
            Assert.Equal(held.Content[..held.Filled].ToArray(), _memory[slot]);
            Assert.True(!limits.Compact || held.Phase == SlotPhase.Decoding == slot < State.Decoding, "the decoding slots come first");
            if (held.Phase is SlotPhase.Decoding or SlotPhase.Ready or SlotPhase.Paused)
            {
                Assert.Equal(_prompts[held.Request!.Id], _memory[slot]);
            }
        }

        long[] ids = [.. State.Slots.Where(slot => slot.Request is not null).Select(slot => slot.Request!.Id), .. State.Waiting.Select(waiting => waiting.Id)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }
}
