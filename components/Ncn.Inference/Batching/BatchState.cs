using System.Collections.Immutable;

namespace Ncn.Inference.Batching;

/// <summary>The constants of one engine.</summary>
/// <param name="Slots">Sequences that fit into memory.</param>
/// <param name="ChunkTokens">A prompt is cut at multiples of this.</param>
/// <param name="MaxWaiting">Requests that may wait for a slot.</param>
public sealed record BatchLimits(int Slots, int ChunkTokens, int MaxWaiting)
{
    /// <summary>True when decoding runs over the slots that decode, moved together; false when it always runs over all slots, and nothing is moved.</summary>
    public bool Compact { get; init; } = true;

    /// <summary>Prompt tokens that are computed between two decoding steps, while at least half of the slots decode; four times as many while fewer do.</summary>
    public int PrefillTokens { get; init; } = ChunkTokens;

    /// <summary>Tokens, filled up to the longest, of whole prompts that are computed in one run; 0 when each is computed alone.</summary>
    public int TogetherTokens { get; init; }

    /// <summary>
    /// Attention takes the tokens of a run in tiles of so many, and one that is alone in the last tile has other last bits than beside another: a prompt that ends
    /// so is not filled up to a longer one. 0 for no tiles.
    /// </summary>
    public int TileTokens { get; init; }

    /// <summary>The shortest remaining prompt goes first; each step of waiting counts as this many tokens less, so that none waits for ever.</summary>
    public int AgingTokens { get; init; } = 8;
}

/// <summary>What a slot is doing.</summary>
public enum SlotPhase
{
    /// <summary>No request has it; it may hold the beginning of an earlier prompt.</summary>
    Free,

    /// <summary>Its prompt is being computed.</summary>
    Prefilling,

    /// <summary>Its prompt is complete; it joins the next decoding step.</summary>
    Ready,

    /// <summary>It takes part in each decoding step.</summary>
    Decoding,

    /// <summary>Its reader is behind.</summary>
    Paused,
}

/// <summary>One request, in a slot or waiting.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Order">Its place among the arrivals; kept when it is preempted.</param>
/// <param name="ArrivedStep">The step in which it arrived.</param>
/// <param name="Prompt">Tokens to prefill.</param>
/// <param name="Priority">Higher goes first.</param>
/// <param name="ReusableTokens">How much of the prompt may be taken from another slot.</param>
public sealed record BatchRequest(long Id, long Order, long ArrivedStep, ReadOnlyMemory<int> Prompt, int Priority, int ReusableTokens)
{
    /// <summary>True once it had a slot.</summary>
    public bool Begun { get; init; }

    /// <summary>True while its reader is behind.</summary>
    public bool Paused { get; init; }

    /// <summary>Tokens of one run where they are more than a chunk; else 0.</summary>
    public int LongRun { get; init; }
}

/// <summary>One slot.</summary>
/// <param name="Phase">What it is doing.</param>
/// <param name="Request">Who has it; null when it is free.</param>
/// <param name="Content">The prompt whose keys and values it holds, or will hold.</param>
/// <param name="Filled">How many tokens of <paramref name="Content"/> are there.</param>
/// <param name="LastUsed">The step in which it was last used.</param>
public sealed record BatchSlot(SlotPhase Phase, BatchRequest? Request, ReadOnlyMemory<int> Content, int Filled, long LastUsed)
{
    /// <summary>A slot that holds nothing.</summary>
    public static BatchSlot Empty { get; } = new(SlotPhase.Free, null, default, 0, -1);
}

/// <summary>Everything that the policy knows between two inputs.</summary>
/// <param name="Limits">The engine's constants.</param>
/// <param name="Slots">In compact mode the decoding slots come first.</param>
/// <param name="Waiting">Requests without a slot, in no order.</param>
/// <param name="Decoding">Slots that decode.</param>
/// <param name="Step">Steps so far: the policy's time.</param>
/// <param name="Arrivals">Requests so far.</param>
public sealed record BatchState(
    BatchLimits Limits, ImmutableArray<BatchSlot> Slots, ImmutableList<BatchRequest> Waiting, int Decoding, long Step, long Arrivals)
{
    /// <summary>The state of an engine that has done nothing yet.</summary>
    public static BatchState Start(BatchLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return new(limits, [.. Enumerable.Repeat(BatchSlot.Empty, limits.Slots)], [], 0, 0, 0);
    }

    /// <summary>Slots without a request.</summary>
    public int Free => Slots.Count(slot => slot.Phase == SlotPhase.Free);

    internal BatchState With(int slot, BatchSlot content) => this with { Slots = Slots.SetItem(slot, content) };

    internal int SlotOf(long id)
    {
        for (int i = 0; i < Slots.Length; i++)
        {
            if (Slots[i].Request?.Id == id)
            {
                return i;
            }
        }

        return -1;
    }
}
