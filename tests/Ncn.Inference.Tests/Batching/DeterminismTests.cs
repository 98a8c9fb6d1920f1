using Ncn.Inference.Batching;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Batching;

/// <summary>The same request gives the same tokens, and the same bits of logits, whatever runs beside it, and wherever it was interrupted.</summary>
public sealed class DeterminismTests : IDisposable
{
    private const int AnswerTokens = 64;
    private readonly string _root = Directory.CreateTempSubdirectory("ncn-determinism-").FullName;

    public void Dispose() => Directory.Delete(_root, true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_hundred_requests_have_the_same_tokens_and_logits_alone_and_sixteen_at_a_time(bool shipped)
    {
        string folder = shipped ? EngineModels.TinyChat : EngineModels.Written(_root);
        await using DecoderModel model = EngineModels.Load(folder, slots: 16);
        var bits = new LogitBits();
        model.Observer = bits.See;
        GenerationRequest[] requests = EngineModels.Mixed(100, shipped ? 1000 : 300, model.ContextTokens, seed: shipped ? 1 : 2);
        int[][] alone = await Alone(model, requests);
        int[][] mixed = await Mixed(model, requests, atOnce: 16);

        Assert.Equal(alone, mixed);
        Assert.Empty(bits.Differing);
        Assert.Equal(alone.Sum(tokens => tokens.Length) + alone.Zip(requests).Count(pair => pair.First.Length < pair.Second.MaxTokens), bits.Count);
        Assert.True(model.Statistics.PrefixTokensReused > 0);
        Assert.True(model.Statistics.Steps < model.Statistics.Tokens, "no two requests were decoded together");
    }

    [Fact]
    public async Task Prompts_of_every_length_have_the_same_logits_when_they_share_a_run()
    {
        await using DecoderModel model = EngineModels.Load(EngineModels.Written(_root), slots: 16);
        var bits = new LogitBits();
        model.Observer = bits.See;
        var random = new Random(4);
        foreach (int first in Enumerable.Range(1, 60))
        {
            GenerationRequest[] requests = [.. Enumerable.Range(first, 4).Select(length =>
                new GenerationRequest { Prompt = Enumerable.Range(0, length).Select(_ => random.Next(300)).ToArray(), MaxTokens = 2 })];
            await Alone(model, requests);
            await Mixed(model, requests, atOnce: requests.Length);
        }

        Assert.Empty(bits.Differing);
    }

    [Fact]
    public async Task Batches_of_constant_size_give_the_same_too()
    {
        GenerationRequest[] requests = EngineModels.Mixed(40, 300, 256, seed: 3);
        string folder = EngineModels.Written(_root);
        await using DecoderModel compact = EngineModels.Load(folder, slots: 6);
        await using DecoderModel full = EngineModels.Load(folder, slots: 6, change: parts => parts with { Limits = parts.Limits with { Compact = false } });
        Assert.Equal(await Alone(compact, requests), await Mixed(full, requests, atOnce: 16));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_is_killed_at_any_position_goes_on_identically(bool shipped)
    {
        string folder = shipped ? EngineModels.TinyChat : EngineModels.Written(_root);
        await using DecoderModel first = EngineModels.Load(folder, slots: 4);
        await using DecoderModel second = EngineModels.Load(folder, slots: 8);
        GenerationRequest request = SampledAnswer(first);
        int[] whole = await first.Tokens(request);
        Assert.Equal(AnswerTokens, whole.Length);

        int[][] rests = await Task.WhenAll(Enumerable.Range(0, AnswerTokens + 1)
            .Select(position => second.Tokens(request with { Committed = whole.AsMemory(0, position) })));
        Assert.All(Enumerable.Range(0, AnswerTokens + 1), position => Assert.Equal(whole[position..], rests[position]));
    }

    [Fact]
    public async Task A_preempted_request_goes_on_identically()
    {
        await using DecoderModel model = EngineModels.Load(EngineModels.Written(_root), slots: 1);
        var bits = new LogitBits();
        model.Observer = bits.See;
        GenerationRequest patient = SampledAnswer(model);
        GenerationRequest urgent = SampledAnswer(model, seed: 9) with { Priority = 5, MaxTokens = 3 };
        int[] alone = await model.Tokens(patient);
        int[] urgentAlone = await model.Tokens(urgent);
        var urgents = new Dictionary<int, Task<int[]>>();
        model.Observer = (request, position, logits) =>
        {
            bits.See(request, position, logits);
            if (request == patient && position is 5 or 6 or 40 && !urgents.ContainsKey(position))
            {
                urgents[position] = model.Tokens(urgent); // arrives before the next step
            }
        };

        Assert.Equal(alone, await model.Tokens(patient));
        Assert.All(await Task.WhenAll(urgents.Values), answer => Assert.Equal(urgentAlone, answer));
        Assert.Empty(bits.Differing);
        Assert.Equal(3, model.Statistics.Preemptions);
    }

    [Fact]
    public async Task A_reused_beginning_changes_nothing()
    {
        await using DecoderModel model = EngineModels.Load(EngineModels.Written(_root), slots: 3);
        var bits = new LogitBits();
        model.Observer = bits.See;
        int[] prompt = [.. Enumerable.Range(0, 150).Select(i => i * 11 % 300)];
        var request = new GenerationRequest { Prompt = prompt, MaxTokens = 40, Sampling = new SamplingOptions(1.1, Seed: 4) };
        int[] first = await model.Tokens(request);
        Assert.Equal(0, model.Statistics.PrefixTokensReused);
        int[] again = await model.Tokens(request);
        Assert.Equal(2 * DecoderRuntime.CpuChunkTokens, model.Statistics.PrefixTokensReused);
        int[][] together = await Task.WhenAll(model.Tokens(request), model.Tokens(request), model.Tokens(request));
        Assert.All([again, .. together], answer => Assert.Equal(first, answer));
        Assert.Empty(bits.Differing);
    }

    private static async Task<int[][]> Alone(DecoderModel model, GenerationRequest[] requests)
    {
        var answers = new List<int[]>();
        foreach (GenerationRequest request in requests)
        {
            answers.Add(await model.Tokens(request));
        }

        return [.. answers];
    }

    private static async Task<int[][]> Mixed(DecoderModel model, GenerationRequest[] requests, int atOnce)
    {
        using var room = new SemaphoreSlim(atOnce);
        return await Task.WhenAll(requests.Select(async request =>
        {
            await room.WaitAsync();
            try
            {
                return await model.Tokens(request);
            }
            finally
            {
                room.Release();
            }
        }));
    }

    /// <summary>A sampled answer that does not end by itself: the end tokens cannot come.</summary>
    private static GenerationRequest SampledAnswer(DecoderModel model, ulong seed = 5) => new()
    {
        Prompt = model.Encode("Count from 1 to 60, and say why, and what comes after that"),
        MaxTokens = AnswerTokens,
        Sampling = new SamplingOptions(1.2, TopK: 50, TopP: 0.98, Seed: seed)
        {
            RepetitionPenalty = 1.1,
            LogitBias = new Dictionary<int, double> { [1020] = -100, [1022] = -100, [316] = -100, [318] = -100 }.Where(pair => pair.Key < (model.ContextTokens > 256 ? 1024 : 320)).ToDictionary(),
        },
    };
}
