using Microsoft.ML.OnnxRuntimeGenAI;

namespace Ncn.Benchmarks.Generation.Peers;

/// <summary>ONNX Runtime GenAI's Generator, one request after the other.</summary>
internal sealed class GeneratorContender : ITextContender
{
    private readonly Model _model;

    public GeneratorContender(string folder, BenchmarkOptions options)
    {
        using var config = new Config(folder);
        config.Overlay(GenAiOverlay.Threads(options.Threads));
        if (options.Provider == "CUDA")
        {
            config.ClearProviders();
            config.AppendProvider("cuda");
        }

        _model = new Model(config);
    }

    public string Name => "GenAI Generator";

    public bool AnswersAll => true;

    public Task<TextRun> RunAsync(IReadOnlyList<TextRequest> requests) => Task.Run(() =>
    {
        var recorder = new AnswerRecorder(requests.Count);
        for (int i = 0; i < requests.Count; i++)
        {
            Answer(requests[i], i, recorder);
        }

        return recorder.Finish();
    });

    public ValueTask DisposeAsync()
    {
        _model.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Answer(TextRequest request, int index, AnswerRecorder recorder)
    {
        using var parameters = new GeneratorParams(_model);
        parameters.SetSearchOption("max_length", (double)(request.Prompt.Length + request.AnswerTokens));
        using var generator = new Generator(_model, parameters);
        generator.AppendTokens(request.Prompt);
        while (!generator.IsDone())
        {
            generator.GenerateNextToken();
            recorder.Add(index, generator.GetNextTokens()[0]);
        }
    }
}
