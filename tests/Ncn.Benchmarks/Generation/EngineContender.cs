using Ncn.Inference;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;

namespace Ncn.Benchmarks.Generation;

/// <summary>The worker's own engine, by its public interface: each request is a caller of its own.</summary>
internal sealed class EngineContender : ITextContender
{
    private readonly ModelRepository _repository;
    private readonly DecoderModel _engine;

    public EngineContender(string root, string model, BenchmarkOptions chosen)
    {
        var options = new InferenceOptions { ExecutionProvider = chosen.Provider, Threads = chosen.Threads, Slots = BenchmarkDecoder.Slots, MaxWaiting = 64 };
        _repository = ModelRepository.Load(root, options, [model]);
        _engine = _repository.Models.OfType<LoadedDecoder>().FirstOrDefault()?.Engine
            ?? throw new BenchmarkFailedException(string.Join("; ", _repository.Failures.Select(failure => $"{failure.Model}: {failure.Problem}")));
    }

    public string Name => "NCN engine";

    public bool AnswersAll => true;

    public async Task<TextRun> RunAsync(IReadOnlyList<TextRequest> requests)
    {
        var recorder = new AnswerRecorder(requests.Count);
        await Task.WhenAll(requests.Select((request, index) => Task.Run(() => AnswerAsync(request, index, recorder))));
        return recorder.Finish();
    }

    public ValueTask DisposeAsync() => _repository.DisposeAsync();

    private async Task AnswerAsync(TextRequest request, int index, AnswerRecorder recorder)
    {
        var generation = new GenerationRequest { Prompt = request.Prompt, MaxTokens = request.AnswerTokens };
        await foreach (GenerationEvent next in _engine.GenerateAsync(generation, CancellationToken.None))
        {
            if (next is GenerationEvent.Token token)
            {
                recorder.Add(index, token.TokenId);
            }
        }
    }
}
