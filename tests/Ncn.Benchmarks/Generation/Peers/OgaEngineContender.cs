using static Ncn.Benchmarks.Generation.Peers.OgaNative;

namespace Ncn.Benchmarks.Generation.Peers;

/// <summary>
/// ONNX Runtime GenAI's own engine. For models without PagedAttention it batches four rows and begins the next four when
/// all are done.
/// </summary>
internal sealed class OgaEngineContender : ITextContender
{
    private readonly nint _model;

    public OgaEngineContender(string folder, BenchmarkOptions options)
    {
        Check(OgaCreateConfig(folder, out nint config));
        Check(OgaConfigOverlay(config, GenAiOverlay.Threads(options.Threads)));
        if (options.Provider == "CUDA")
        {
            Check(OgaConfigClearProviders(config));
            Check(OgaConfigAppendProvider(config, "cuda"));
        }

        Check(OgaCreateModelFromConfig(config, out _model));
        OgaDestroyConfig(config);
    }

    public string Name => "OgaEngine";

    public bool AnswersAll => true;

    public Task<TextRun> RunAsync(IReadOnlyList<TextRequest> requests) => Task.Run(() =>
    {
        var recorder = new AnswerRecorder(requests.Count);
        Check(OgaCreateEngine(_model, out nint engine));
        nint[] handles = [.. requests.Select((request, index) => Submit(engine, request, index))];
        Check(OgaEngineHasPendingRequests(engine, out bool pending));
        while (pending)
        {
            Check(OgaEngineStep(engine, out nint ready));
            if (ready != 0)
            {
                Collect(engine, ready, recorder);
            }

            Check(OgaEngineHasPendingRequests(engine, out pending));
        }

        TextRun run = recorder.Finish();
        Array.ForEach(handles, OgaDestroyRequest);
        OgaDestroyEngine(engine);
        return run;
    });

    public ValueTask DisposeAsync()
    {
        OgaDestroyModel(_model);
        return ValueTask.CompletedTask;
    }

    private nint Submit(nint engine, TextRequest request, int index)
    {
        Check(OgaCreateGeneratorParams(_model, out nint parameters));
        Check(OgaGeneratorParamsSetSearchNumber(parameters, "max_length", request.Prompt.Length + request.AnswerTokens));
        Check(OgaCreateRequest(parameters, out nint handle));
        Check(OgaCreateSequences(out nint sequences));
        Check(OgaAppendTokenSequence(request.Prompt, (nuint)request.Prompt.Length, sequences));
        Check(OgaRequestAddTokens(handle, sequences));
        Check(OgaRequestSetOpaqueData(handle, index + 1));
        Check(OgaEngineAddRequest(engine, handle));
        OgaDestroySequences(sequences);
        OgaDestroyGeneratorParams(parameters);
        return handle;
    }

    private static void Collect(nint engine, nint request, AnswerRecorder recorder)
    {
        Check(OgaRequestGetOpaqueData(request, out nint index));
        Check(OgaRequestHasUnseenTokens(request, out bool unseen));
        while (unseen)
        {
            Check(OgaRequestGetUnseenToken(request, out int token));
            recorder.Add((int)index - 1, token);
            Check(OgaRequestHasUnseenTokens(request, out unseen));
        }

        Check(OgaRequestIsDone(request, out bool done));
        if (done)
        {
            Check(OgaEngineRemoveRequest(engine, request));
        }
    }
}
