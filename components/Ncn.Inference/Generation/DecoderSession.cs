using Microsoft.ML.OnnxRuntimeGenAI;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Generation;

/// <summary>One completion in the works: the native generator, its logits, and the loop over positions.</summary>
internal sealed class DecoderSession : IDisposable
{
    private readonly GeneratorParams _parameters;
    private readonly Generator _generator;
    private SamplingWorkspace? _workspace;

    public DecoderSession(Model model, int maxLength)
    {
        _parameters = new GeneratorParams(model);
        _parameters.SetSearchOption("max_length", (double)maxLength);
        _generator = new Generator(model, _parameters);
    }

    /// <summary>Yields the events of a request. Each step checks <paramref name="cancellationToken"/> first.</summary>
    /// <remarks>
    /// 1. Replay the committed tokens: text and stop conditions stand where they stood.
    /// 2. Prefill prompt and committed tokens in one pass.
    /// 3. Sample from the last logits at the token's position in the completion.
    /// 4. Tell the token; feed it to the model unless it was the last.
    /// </remarks>
    public IEnumerable<GenerationEvent> Run(GenerationRequest request, CompletionProgress progress, CancellationToken cancellationToken)
    {
        foreach (int token in request.Committed.ToArray())
        {
            progress.Accept(token); // 1
        }

        if (progress.Finish is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _generator.AppendTokens([.. request.Prompt.Span, .. request.Committed.Span]); // 2
        }

        while (progress.Finish is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int position = progress.Count;
            float[] logits = LastLogits();
            int token = Sample(logits, request.Sampling, progress); // 3
            string text = progress.Accept(token);
            if (progress.Count > position)
            {
                yield return new GenerationEvent.Token(
                    position, token, text, Logprobs: null, request.EvidenceAt?.Invoke(position) == true ? Logprobs.Top(logits, GenerationRequest.EvidenceTop) : null); // 4
            }

            if (progress.Finish is null)
            {
                _generator.AppendTokens([token]);
            }
        }

        yield return new GenerationEvent.Finished(progress.Finish.Value, progress.Rest(), request.Prompt.Length, progress.Count);
    }

    public void Dispose()
    {
        _generator.Dispose();
        _parameters.Dispose();
    }

    /// <summary>Reads a completion that is there already, one token after the other, and says what the model thinks of it.</summary>
    public IReadOnlyList<ScoredPosition> Score(
        ReadOnlyMemory<int> prompt, ReadOnlyMemory<int> completion, Predicate<int> at, CancellationToken cancellationToken)
    {
        var scored = new List<ScoredPosition>();
        _generator.AppendTokens(prompt.Span);
        for (int position = 0; position < completion.Length; position++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int token = completion.Span[position];
            if (at(position))
            {
                TokenLogprobs found = Logprobs.At(LastLogits(), token, GenerationRequest.EvidenceTop);
                scored.Add(new ScoredPosition(position, found.Logprob, found.Top));
            }

            if (position < completion.Length - 1)
            {
                _generator.AppendTokens([token]);
            }
        }

        return scored;
    }

    private int Sample(float[] logits, SamplingOptions sampling, CompletionProgress progress)
    {
        _workspace ??= new SamplingWorkspace(logits.Length);
        return Sampler.Next(logits, sampling, progress.History, (uint)progress.Count, _workspace, progress.Allowed);
    }

    private float[] LastLogits()
    {
        using Tensor logits = _generator.GetOutput("logits");
        int vocabulary = checked((int)logits.Shape()[^1]);
        return logits.Type() switch
        {
            ElementType.float32 => logits.GetData<float>()[^vocabulary..].ToArray(),
            ElementType.float16 => Widened(logits.GetData<Half>()[^vocabulary..]),
            ElementType other => throw new InferenceException(InferenceFault.ModelFailed, $"The model's logits are {other}; this engine reads float32 and float16."),
        };
    }

    private static float[] Widened(ReadOnlySpan<Half> values)
    {
        var widened = new float[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            widened[i] = (float)values[i];
        }

        return widened;
    }
}
