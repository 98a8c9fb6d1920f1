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
            int token = Sample(request.Sampling, progress); // 3
            string text = progress.Accept(token);
            if (progress.Count > position)
            {
                yield return new GenerationEvent.Token(position, token, text); // 4
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

    private int Sample(SamplingOptions sampling, CompletionProgress progress)
    {
        using Tensor logits = _generator.GetOutput("logits");
        int vocabulary = checked((int)logits.Shape()[^1]);
        _workspace ??= new SamplingWorkspace(vocabulary);
        return logits.Type() switch
        {
            ElementType.float32 => Next(logits.GetData<float>()[^vocabulary..]),
            ElementType.float16 => Next(Widened(logits.GetData<Half>()[^vocabulary..])),
            ElementType other => throw new InferenceException(InferenceFault.ModelFailed, $"The model's logits are {other}; this engine reads float32 and float16."),
        };

        int Next(ReadOnlySpan<float> last) =>
            Sampler.Next(last, sampling, progress.History, (uint)progress.Count, _workspace, progress.Allowed);
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
