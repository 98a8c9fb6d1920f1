using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Generation;

[Collection(ShippedModelsGroup.Name)]
public sealed class DecoderModelTests(ShippedModels models)
{
    private DecoderModel Model => models.TinyChat.Engine;

    [Fact]
    public async Task Greedy_generation_is_what_the_runtimes_own_greedy_search_gives()
    {
        (int[] tokens, _) = await Generate(new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 40 });
        Assert.Equal(RuntimesOwnGreedy(models.LongPrompt, 40), tokens);
    }

    [Fact]
    public async Task The_pieces_add_up_to_the_text_of_the_tokens()
    {
        (int[] tokens, string text) = await Generate(new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 120 });
        Assert.Equal(Model.Decode(tokens), text);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 17)]
    [InlineData(0, 48)]
    [InlineData(1.3, 1)]
    [InlineData(1.3, 23)]
    [InlineData(1.3, 48)]
    public async Task Another_node_goes_on_from_committed_tokens_with_the_identical_rest(double temperature, int committed)
    {
        var request = new GenerationRequest
        {
            Prompt = models.LongPrompt, MaxTokens = 48, Sampling = new SamplingOptions(temperature, TopK: 50, TopP: 0.98, Seed: 99), StopTokens = [],
        };
        (int[] whole, string text) = await Generate(request);
        committed = Math.Min(committed, whole.Length);
        string before = await TextOf(request, committed);

        (int[] rest, string restText) = await Generate(request with { Committed = whole.AsMemory(0, committed) });

        Assert.Equal(whole.Skip(committed), rest);
        Assert.Equal(text, before + restText);
    }

    [Fact]
    public async Task Sampling_depends_on_the_seed()
    {
        var request = new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 48, Sampling = new SamplingOptions(2, Seed: 1) };
        (int[] first, _) = await Generate(request);
        (int[] again, _) = await Generate(request);
        (int[] other, _) = await Generate(request with { Sampling = new SamplingOptions(2, Seed: 2) });
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task A_stop_string_ends_the_answer_before_itself()
    {
        var request = new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 60 };
        (_, string text) = await Generate(request);
        string stop = text[(text.Length / 2)..((text.Length / 2) + 3)];
        (_, string cut) = await Generate(request with { Stop = [stop] });
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], cut);
    }

    [Theory]
    [InlineData(5, 5, 5, 7)]
    [InlineData(7, 5)]
    [InlineData(5)]
    public async Task Committed_tokens_beyond_the_end_are_refused(params int[] committed)
    {
        var request = new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 9, StopTokens = [5], Committed = committed };
        InferenceException refusal = await Assert.ThrowsAsync<InferenceException>(() => Events(request));
        Assert.Equal(InferenceFault.InvalidRequest, refusal.Fault);
        Assert.Contains("committed tokens", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_tokens_committed_is_the_end()
    {
        int[] committed = (await Generate(new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 5 })).Item1;
        GenerationEvent only = Assert.Single(await Events(new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 5, Committed = committed }));
        Assert.Equal((FinishReason.Length, 5), (Assert.IsType<GenerationEvent.Finished>(only).Reason, ((GenerationEvent.Finished)only).CompletionTokens));
    }

    [Fact]
    public async Task The_length_limit_is_exact()
    {
        List<GenerationEvent> events = await Events(new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 5 });
        var end = Assert.IsType<GenerationEvent.Finished>(events[^1]);
        Assert.Equal((FinishReason.Length, 5, models.LongPrompt.Length), (end.Reason, end.CompletionTokens, end.PromptTokens));
        Assert.Equal([0, 1, 2, 3, 4], events.OfType<GenerationEvent.Token>().Select(token => token.Position));
    }

    [Fact]
    public async Task A_schema_makes_a_model_that_never_saw_json_answer_in_it()
    {
        const string schema = """{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":8},"count":{"type":"integer","minimum":1,"maximum":60},"kind":{"enum":["one","other"]}},"required":["name","count","kind"],"additionalProperties":false}""";
        for (ulong seed = 0; seed < 8; seed++) // 420 tokens are enough for the longest document, white space and escapes included
        {
            var request = new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 420, Sampling = new SamplingOptions(seed == 0 ? 0 : 1.2, Seed: seed), JsonSchema = schema };
            List<GenerationEvent> events = await Events(request);
            Assert.Equal(FinishReason.Stop, Assert.IsType<GenerationEvent.Finished>(events[^1]).Reason);
            using var document = System.Text.Json.JsonDocument.Parse(string.Concat(events.Select(Text)));
            Assert.InRange(document.RootElement.GetProperty("count").GetInt32(), 1, 60);
            Assert.InRange(document.RootElement.GetProperty("name").GetString()!.Length, 1, 16);
            Assert.StartsWith("o", document.RootElement.GetProperty("kind").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_prompt_beyond_the_context_is_refused()
    {
        var request = new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = Model.ContextTokens };
        InferenceException refusal = await Assert.ThrowsAsync<InferenceException>(() => Generate(request));
        Assert.Equal(InferenceFault.ContextTooLong, refusal.Fault);
    }

    [Fact]
    public async Task Giving_up_stops_the_work_and_frees_the_slot()
    {
        using var stop = new CancellationTokenSource();
        var request = new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 900, Sampling = new SamplingOptions(2, Seed: 5) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GenerationEvent _ in Model.GenerateAsync(request, stop.Token))
            {
                await stop.CancelAsync();
            }
        });
        Assert.Equal(Model.Statistics.Slots, Model.Statistics.FreeSlots);
    }

    [Fact]
    public async Task More_requests_than_slots_all_get_the_answer_that_they_would_get_alone()
    {
        (int[] alone, _) = await Generate(new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 30 });
        var all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Generate(new GenerationRequest { Prompt = models.LongPrompt, MaxTokens = 30 })));
        Assert.All(all, answer => Assert.Equal(alone, answer.Tokens));
    }

    [Fact]
    public void A_prompt_with_a_nul_character_is_refused_and_not_cut_short() =>
        Assert.Throws<InferenceException>(() => Model.EncodeChat([new ChatMessage("user", "visible\0hidden")]));

    private async Task<(int[] Tokens, string Text)> Generate(GenerationRequest request)
    {
        List<GenerationEvent> events = await Events(request);
        return ([.. events.OfType<GenerationEvent.Token>().Select(token => token.TokenId)], string.Concat(events.Select(Text)));
    }

    private async Task<string> TextOf(GenerationRequest request, int tokens) =>
        string.Concat((await Events(request)).OfType<GenerationEvent.Token>().Take(tokens).Select(Text));

    private async Task<List<GenerationEvent>> Events(GenerationRequest request)
    {
        var events = new List<GenerationEvent>();
        await foreach (GenerationEvent next in Model.GenerateAsync(request, CancellationToken.None))
        {
            events.Add(next);
        }

        return events;
    }

    private static string Text(GenerationEvent next) => next switch
    {
        GenerationEvent.Token token => token.Text,
        GenerationEvent.Finished finished => finished.Text,
        _ => "",
    };

    private static int[] RuntimesOwnGreedy(int[] prompt, int count)
    {
        using var model = new Microsoft.ML.OnnxRuntimeGenAI.Model(Path.Combine(ShippedModels.Root, "tiny-chat", "1"));
        using var parameters = new Microsoft.ML.OnnxRuntimeGenAI.GeneratorParams(model);
        parameters.SetSearchOption("max_length", (double)(prompt.Length + count));
        using var generator = new Microsoft.ML.OnnxRuntimeGenAI.Generator(model, parameters);
        generator.AppendTokens(prompt);
        while (!generator.IsDone())
        {
            generator.GenerateNextToken();
        }

        int[] ends = [1020, 1022];
        return [.. generator.GetSequence(0)[prompt.Length..].ToArray().TakeWhile(token => !ends.Contains(token))];
    }
}
