using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Batching;

public sealed class DecoderEngineTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ncn-engine-").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Fact]
    public async Task A_prefill_that_fails_ends_its_own_request_only()
    {
        FaultyRuntime faulty = null!;
        await using DecoderModel model = Faulty(slots: 4, runtime => faulty = runtime);
        int[] expected = await model.Tokens(Request(1));
        faulty.BrokenPrompt = 77;
        Task<int[]>[] good = [.. Enumerable.Range(0, 3).Select(_ => model.Tokens(Request(1)))];
        InferenceException failure = await Assert.ThrowsAsync<InferenceException>(() => model.Tokens(Request(77)));
        Assert.Equal(InferenceFault.ModelFailed, failure.Fault);
        Assert.All(await Task.WhenAll(good), answer => Assert.Equal(expected, answer));
        faulty.BrokenPrompt = null;
        Assert.NotEmpty(await model.Tokens(Request(77)));
        Assert.Equal((4, 1), (model.Statistics.FreeSlots, model.Statistics.Failures));
    }

    [Fact]
    public async Task Of_prompts_that_are_computed_together_only_the_one_at_fault_fails()
    {
        FaultyRuntime faulty = null!;
        await using DecoderModel model = Faulty(slots: 8, runtime => faulty = runtime);
        int[] expected = await model.Tokens(Request(1));
        int[] other = await model.Tokens(Request(2));
        int[] broken = await model.Tokens(Request(77));
        async Task<int[]> AnswerAsync(int token)
        {
            try
            {
                return await model.Tokens(Request(token));
            }
            catch (InferenceException)
            {
                return [];
            }
        }

        // Until several stood in one run: who arrives while the engine computes shares the next one.
        for (int round = 0; round < 1000 && faulty.SharedPrefills == 0; round++)
        {
            int[][] answers = await Task.WhenAll(new[] { 1, 77, 2, 1, 77, 2, 1 }.Select(AnswerAsync));
            Assert.Equal([expected, broken, other, expected, broken, other, expected], answers);
        }

        Assert.NotEqual(0, faulty.SharedPrefills);
        faulty.BrokenPrompt = 77;
        for (int round = 0; round < 20; round++)
        {
            int[][] answers = await Task.WhenAll(new[] { 1, 77, 2, 1, 77, 2, 1 }.Select(AnswerAsync));
            Assert.Equal([expected, [], other, expected, [], other, expected], answers);
        }
    }

    [Fact]
    public async Task A_step_that_fails_ends_those_who_were_in_it_and_the_engine_goes_on()
    {
        FaultyRuntime faulty = null!;
        await using DecoderModel model = Faulty(slots: 2, runtime => faulty = runtime);
        int[] expected = await model.Tokens(Request(1));
        faulty.BrokenSteps = 1;
        InferenceException failure = await Assert.ThrowsAsync<InferenceException>(() => model.Tokens(Request(1)));
        Assert.Equal(InferenceFault.ModelFailed, failure.Fault);
        Assert.Equal(expected, await model.Tokens(Request(1)));
    }

    [Fact]
    public async Task A_defect_in_one_request_does_not_reach_the_others()
    {
        await using DecoderModel model = EngineModels.Load(EngineModels.Written(_root), slots: 2);
        GenerationRequest broken = Request(3) with { EvidenceAt = position => position < 5 ? false : throw new InvalidOperationException("defect") };
        Task<int[]> good = model.Tokens(Request(1, tokens: 60));
        await Assert.ThrowsAsync<InferenceException>(() => model.Tokens(broken));
        Assert.Equal(60, (await good).Length);
        Assert.Equal(2, model.Statistics.FreeSlots);
    }

    [Fact]
    public async Task A_reader_that_stands_still_stops_nobody_and_loses_nothing()
    {
        await using DecoderModel model = EngineModels.Load(EngineModels.Written(_root), slots: 2);
        GenerationRequest request = Request(1, tokens: 200);
        int[] expected = await model.Tokens(request);
        var readers = Enumerable.Range(0, 3).Select(_ => model.GenerateAsync(request, CancellationToken.None).GetAsyncEnumerator()).ToArray();
        List<int>[] read = [.. readers.Select(_ => new List<int>())];
        for (int i = 0; i < readers.Length; i++)
        {
            await ReadAsync(readers[i], read[i], 1); // three stand still with two slots, each soon 64 tokens behind
        }

        Assert.Equal(expected, await model.Tokens(request));
        for (int i = 0; i < readers.Length; i++)
        {
            await ReadAsync(readers[i], read[i], int.MaxValue);
            Assert.Equal(expected, read[i]);
            await readers[i].DisposeAsync();
        }
    }

    [Fact]
    public async Task A_caller_that_gives_up_frees_its_slot_for_who_waits()
    {
        await using DecoderModel model = EngineModels.Load(EngineModels.Written(_root), slots: 1);
        using var stop = new CancellationTokenSource();
        await using var reader = model.GenerateAsync(Request(1, tokens: 200), stop.Token).GetAsyncEnumerator(CancellationToken.None);
        await reader.MoveNextAsync();
        Task<int[]> next = model.Tokens(Request(2));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await reader.MoveNextAsync())
            {
            }
        });
        Assert.NotEmpty(await next);
        Assert.Equal(1, model.Statistics.FreeSlots);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_closing_serves_those_who_run()
    {
        FaultyRuntime faulty = null!;
        await using DecoderModel model = Faulty(slots: 1, runtime => faulty = runtime, maxWaiting: 1);
        faulty.Holds = true;
        await using var reader = model.GenerateAsync(Request(1), CancellationToken.None).GetAsyncEnumerator();
        await reader.MoveNextAsync(); // the first token comes from the prefill
        Task<int[]> waits = model.Tokens(Request(2));
        InferenceException busy = await Assert.ThrowsAsync<InferenceException>(() => model.Tokens(Request(3)));
        Assert.Equal(InferenceFault.Busy, busy.Fault);

        Task closed = model.DisposeAsync().AsTask();
        faulty.Holds = false;
        Assert.Equal(InferenceFault.Stopping, (await Assert.ThrowsAsync<InferenceException>(() => waits)).Fault);
        var tokens = new List<int>();
        await ReadAsync(reader, tokens, int.MaxValue);
        Assert.Equal(19, tokens.Count);
        await reader.DisposeAsync();
        await closed;
        Assert.Equal(InferenceFault.Stopping, (await Assert.ThrowsAsync<InferenceException>(() => model.Tokens(Request(3)))).Fault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Scores_are_those_that_generation_tells(bool chunkLogits)
    {
        await using DecoderModel model = EngineModels.Load(EngineModels.Written(_root), slots: 2, change: parts => parts with
        {
            Runtime = new FaultyRuntime(parts.Runtime) { HasChunkLogits = chunkLogits },
        });
        GenerationRequest request = Request(5, tokens: 90) with { TopLogprobs = 3, EvidenceAt = position => position % 7 == 2 };
        var told = new List<GenerationEvent.Token>();
        await foreach (GenerationEvent next in model.GenerateAsync(request, CancellationToken.None))
        {
            if (next is GenerationEvent.Token token)
            {
                told.Add(token);
            }
        }

        IReadOnlyList<ScoredPosition> scored = await model.ScoreAsync(
            request.Prompt, told.Select(token => token.TokenId).ToArray(), position => position % 7 == 2, CancellationToken.None);

        Assert.Equal(told.Where(token => token.Evidence is not null).Select(token => token.Position), scored.Select(score => score.Position));
        Assert.Equal(13, scored.Count);
        Assert.All(told, token => Assert.Equal((3, token.Position % 7 == 2), (token.Logprobs!.Top.Count, token.Evidence is not null)));
        Assert.All(scored, score =>
        {
            Assert.Equal(told[score.Position].Logprobs!.Logprob, score.Logprob, 1e-3f);
            Assert.Equal(told[score.Position].Evidence!.Select(top => top.TokenId), score.Top.Select(top => top.TokenId));
            Assert.All(told[score.Position].Evidence!.Zip(score.Top), pair => Assert.Equal(pair.First.Logprob, pair.Second.Logprob, 1e-3f));
        });
        Assert.Equal(2, model.Statistics.FreeSlots);
    }

    [Fact]
    public async Task Times_and_sizes_are_measured()
    {
        var seen = new ConcurrentDictionary<string, int>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => Listen(instrument, self) };
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Count(instrument, tags));
        listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Count(instrument, tags));
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Count(instrument, tags));
        listener.Start();
        string folder = EngineModels.Written(_root);
        await using var model = new DecoderModel(folder, EngineModels.Manifest(folder, slots: 2) with { Name = "measured" }, new InferenceOptions());
        await model.Tokens(Request(1, tokens: 10));
        listener.RecordObservableInstruments();

        Assert.Equal(
            (1, 9, 1, 9, 1, 1, 1),
            (seen["ncn.inference.time_to_first_token"], seen["ncn.inference.inter_token_latency"], seen["ncn.inference.queue_wait"], seen["ncn.inference.batch_size"],
                seen["ncn.inference.kv_tokens"], seen["ncn.inference.active_rows"], seen["ncn.inference.waiting"]));

        static void Listen(Instrument instrument, MeterListener self)
        {
            if (instrument.Meter.Name == "Ncn.Inference")
            {
                self.EnableMeasurementEvents(instrument);
            }
        }

        void Count(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length == 1 && tags[0].Key == "model" && "measured".Equals(tags[0].Value))
            {
                seen.AddOrUpdate(instrument.Name, 1, (_, count) => count + 1);
            }
        }
    }

    private static GenerationRequest Request(int first, int tokens = 20) =>
        new() { Prompt = new[] { first, 20, 30, 40 }, MaxTokens = tokens, Sampling = new SamplingOptions(0.8, Seed: 3) { LogitBias = new Dictionary<int, double> { [316] = -100, [318] = -100 } } };

    private DecoderModel Faulty(int slots, Action<FaultyRuntime> made, int maxWaiting = 16) =>
        EngineModels.Load(EngineModels.Written(_root), slots, maxWaiting, parts =>
        {
            var faulty = new FaultyRuntime(parts.Runtime);
            made(faulty);
            return parts with { Runtime = faulty };
        });

    private static async Task ReadAsync(IAsyncEnumerator<GenerationEvent> reader, List<int> tokens, int count)
    {
        while (count-- > 0 && await reader.MoveNextAsync())
        {
            if (reader.Current is GenerationEvent.Token token)
            {
                tokens.Add(token.TokenId);
            }
        }
    }
}
