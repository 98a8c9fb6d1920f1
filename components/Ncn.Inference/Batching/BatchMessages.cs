using System.Collections.Immutable;

namespace Ncn.Inference.Batching;

/// <summary>What the batching policy is told.</summary>
public abstract record BatchInput
{
    private BatchInput()
    {
    }

    /// <summary>A request wants to run.</summary>
    /// <param name="Id">Its id, above 0, never used before.</param>
    /// <param name="Prompt">Tokens to prefill; at least one, and less than a slot holds.</param>
    /// <param name="Priority">Higher goes first, and may preempt lower.</param>
    /// <param name="ReusableTokens">How much of the prompt may be taken from another request's slot instead of being computed.</param>
    /// <param name="RunTokens">Where this is more than a chunk, a multiple of it: tokens of one run. What it computes is left to nobody, for other runs have other last bits.</param>
    public sealed record Arrive(long Id, ReadOnlyMemory<int> Prompt, int Priority = 0, int ReusableTokens = int.MaxValue, int RunTokens = 0) : BatchInput;

    /// <summary>A request has ended, was cancelled, or failed.</summary>
    /// <param name="Id">Its id; unknown ones are ignored.</param>
    /// <param name="KeepPrefix">False when what its slot holds cannot be trusted.</param>
    public sealed record Leave(long Id, bool KeepPrefix = true) : BatchInput;

    /// <summary>A request's reader is too far behind: it keeps its slot while nobody else wants it, but is not decoded.</summary>
    public sealed record Pause(long Id) : BatchInput;

    /// <summary>The reader has caught up.</summary>
    public sealed record Resume(long Id) : BatchInput;

    /// <summary>Asks for the work of the next step.</summary>
    public sealed record Next : BatchInput
    {
        /// <summary>The one instance that is needed.</summary>
        public static Next Step { get; } = new();
    }

    /// <summary>The model is being unloaded: those who have not begun are sent away, the others run to their end.</summary>
    public sealed record Close : BatchInput;
}

/// <summary>What the batching policy wants done, in this order.</summary>
public abstract record BatchOutput
{
    private BatchOutput()
    {
    }

    /// <summary>The queue is full; the request is forgotten.</summary>
    public sealed record Refuse(long Id) : BatchOutput;

    /// <summary>The model closes; the request is forgotten.</summary>
    public sealed record Dismiss(long Id) : BatchOutput;

    /// <summary>A request got a slot, of which the first <paramref name="Reused"/> tokens are its own already.</summary>
    public sealed record Admit(long Id, int Slot, int Reused) : BatchOutput;

    /// <summary>A request lost its slot to another one. It waits, and begins again from its prompt when it gets the next.</summary>
    public sealed record Preempt(long Id, int Slot) : BatchOutput;

    /// <summary>A request left its slot, of which the first <paramref name="Kept"/> tokens stay.</summary>
    public sealed record Release(long Id, int Slot, int Kept) : BatchOutput;

    /// <summary>Copy the beginning of one slot to another.</summary>
    public sealed record Copy(int From, int To, int Tokens) : BatchOutput;

    /// <summary>Exchange two slots, with all that belongs to them.</summary>
    public sealed record Swap(int First, int Second) : BatchOutput;

    /// <summary>Compute part of a prompt.</summary>
    /// <param name="Id">Whose prompt.</param>
    /// <param name="Slot">Where it goes.</param>
    /// <param name="Start">Index of the first token in the prompt.</param>
    /// <param name="Count">Number of tokens.</param>
    /// <param name="IsLast">True when the prompt is complete, so that the last token's logits give the first token of the answer.</param>
    public sealed record Prefill(long Id, int Slot, int Start, int Count, bool IsLast) : BatchOutput;

    /// <summary>Compute some whole prompts, in neighbouring slots, in one run: the weights are read once for all of them.</summary>
    public sealed record PrefillTogether(ImmutableArray<Prefill> Parts) : BatchOutput;

    /// <summary>Decode one token for each decoding request; the run covers the slots 0 to <paramref name="Rows"/>-1.</summary>
    public sealed record Decode(int Rows) : BatchOutput;
}
