using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Batching;

namespace Ncn.Inference.Tests.Batching;

/// <summary>A runtime that fails, or waits, when it is told to.</summary>
internal sealed class FaultyRuntime(IDecoderRuntime runtime) : IDecoderRuntime
{
    private readonly ManualResetEventSlim _gate = new(true);

    /// <summary>Fail the prefill of a prompt that begins with this token.</summary>
    public int? BrokenPrompt { get; set; }

    /// <summary>Fail the next decoding steps.</summary>
    public int BrokenSteps { get; set; }

    /// <summary>Decoding steps wait while this is set.</summary>
    public bool Holds
    {
        set
        {
            if (value)
            {
                _gate.Reset();
            }
            else
            {
                _gate.Set();
            }
        }
    }

    public int Slots => runtime.Slots;

    public int Length => runtime.Length;

    public int ChunkTokens => runtime.ChunkTokens;

    public int LongRunTokens => runtime.LongRunTokens;

    public bool HasChunkLogits { get; init; } = true;

    public bool MovesSlots => runtime.MovesSlots;

    public void Prefill(int slot, ReadOnlySpan<int> tokens, int start, int looksFrom)
    {
        if (start == 0 && tokens[0] == BrokenPrompt)
        {
            throw Failure();
        }

        runtime.Prefill(slot, tokens, start, looksFrom);
    }

    public int TogetherTokens => runtime.TogetherTokens;

    /// <summary>Runs of several prompts that succeeded.</summary>
    public int SharedPrefills { get; private set; }

    public void PrefillTogether(int firstSlot, ReadOnlySpan<WholePrompt> prompts)
    {
        foreach (WholePrompt prompt in prompts)
        {
            if (prompt.Tokens.Span[0] == BrokenPrompt)
            {
                throw Failure();
            }
        }

        runtime.PrefillTogether(firstSlot, prompts);
        SharedPrefills++;
    }

    public void LookAt(int prompt) => runtime.LookAt(prompt);

    public void Decode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions)
    {
        _gate.Wait();
        if (BrokenSteps > 0)
        {
            BrokenSteps--;
            throw Failure();
        }

        runtime.Decode(tokens, positions);
    }

    public Span<float> Logits(int index) => runtime.Logits(index);

    public void Copy(int from, int to, int tokens) => runtime.Copy(from, to, tokens);

    public void Swap(int first, int second, int tokens) => runtime.Swap(first, second, tokens);

    public void Dispose()
    {
        runtime.Dispose();
        _gate.Dispose();
    }

    /// <summary>Only ONNX Runtime itself makes this exception, here for bytes that are no model.</summary>
    private static OnnxRuntimeException Failure() => Assert.Throws<OnnxRuntimeException>(() => new InferenceSession([1, 2, 3]));
}
