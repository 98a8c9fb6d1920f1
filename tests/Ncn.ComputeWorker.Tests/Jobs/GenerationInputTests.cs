using Ncn.ComputeWorker.Jobs;
using Ncn.Inference;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Protocol.Grpc;
using TokenLogprobsOfEngine = Ncn.Inference.Generation.TokenLogprobs;
using TokenLogprobs = Ncn.Protocol.Grpc.TokenLogprobs;

namespace Ncn.ComputeWorker.Tests.Jobs;

public sealed class GenerationInputTests(GenerationInputTests.Models models) : IClassFixture<GenerationInputTests.Models>
{
    [Fact]
    public void Every_field_reaches_the_engine()
    {
        var input = Prompt(generate =>
        {
            generate.MaxTokens = 9;
            generate.Temperature = 0.5f;
            generate.TopP = 0.25f;
            generate.TopK = 7;
            generate.MinP = 0.125f;
            generate.RepetitionPenalty = 1.5f;
            generate.PresencePenalty = -1;
            generate.FrequencyPenalty = 2;
            generate.LogitBias.Add(3, -100);
            generate.StopTokens.Add(5);
            generate.CommittedTokens.Add(['1' - '!', '2' - '!']);
            generate.Logprobs = true;
            generate.TopLogprobs = 20;
            generate.JsonSchema = """{"type":"integer"}""";
            generate.Priority = 9;
        });
        GenerationRequest request = GenerationInput.Read(models.TinyChat, input, seed: 42);
        SamplingOptions sampling = request.Sampling;
        Assert.Equal((0.5, 7, 0.25, 42UL), (sampling.Temperature, sampling.TopK, sampling.TopP, sampling.Seed));
        Assert.Equal((0.125, 1.5, -1, 2), (sampling.MinP, sampling.RepetitionPenalty, sampling.PresencePenalty, sampling.FrequencyPenalty));
        Assert.Equal(-100, Assert.Single(sampling.LogitBias).Value);
        Assert.Equal((9, 20, 9), (request.MaxTokens, request.TopLogprobs, request.Priority));
        Assert.Equal([5], request.StopTokens);
        Assert.Equal(2, request.Committed.Length);
        Assert.Equal("""{"type":"integer"}""", request.JsonSchema);
    }

    [Fact]
    public void What_is_left_out_is_off()
    {
        GenerationRequest request = GenerationInput.Read(models.TinyChat, Prompt(_ => { }), seed: 0);
        Assert.Equal((0d, 0, 1d, 0d, 1d), (request.Sampling.Temperature, request.Sampling.TopK, request.Sampling.TopP, request.Sampling.MinP, request.Sampling.RepetitionPenalty));
        Assert.Null(request.TopLogprobs);
        Assert.Null(request.JsonSchema);
    }

    public static TheoryData<string, Action<GenerateInput>> Refused => new()
    {
        { "max_tokens", generate => generate.MaxTokens = 0 },
        { "max_tokens", generate => generate.MaxTokens = uint.MaxValue },
        { "temperature", generate => generate.Temperature = float.NaN },
        { "temperature", generate => generate.Temperature = 3 },
        { "top_p", generate => generate.TopP = 1.5f },
        { "top_k", generate => generate.TopK = uint.MaxValue },
        { "min_p", generate => generate.MinP = -1 },
        { "repetition_penalty", generate => generate.RepetitionPenalty = float.PositiveInfinity },
        { "presence_penalty", generate => generate.PresencePenalty = 2.5f },
        { "frequency_penalty", generate => generate.FrequencyPenalty = float.NaN },
        { "logit_bias", generate => generate.LogitBias.Add(1024, 1) },
        { "logit_bias", generate => generate.LogitBias.Add(-1, 1) },
        { "logit_bias", generate => generate.LogitBias.Add(1, float.NaN) },
        { "logit_bias", generate => Enumerable.Range(0, 1025).ToList().ForEach(token => generate.LogitBias.Add(token, 0)) },
        { "stop tokens", generate => generate.StopTokens.Add(Enumerable.Range(0, 17)) },
        { "top_logprobs needs", generate => generate.TopLogprobs = 1 },
        { "at most 20", generate => (generate.Logprobs, generate.TopLogprobs) = (true, 21) },
        { "priority", generate => generate.Priority = 10 },
        { "committed", generate => generate.CommittedTokens.Add(Enumerable.Repeat(1, 9)) },
        { "json_schema", generate => generate.JsonSchema = """{"not":{}}""" },
        { "json_schema", generate => generate.JsonSchema = new string('[', 70_000) },
        { "stop strings", generate => { generate.JsonSchema = "{}"; generate.Stop.Add("x"); } },
        { "both", generate => generate.MessagesJson = "[]" },
        { "as text and as tokens", generate => generate.PromptTokens.Add(1) },
        { "token ids", generate => { generate.Prompt = ""; generate.PromptTokens.Add(1024); } },
        { "tools need messages", generate => generate.ToolsJson = "[{}]" },
        { "messages", generate => (generate.Prompt, generate.MessagesJson) = ("", new string(' ', 5 << 20)) },
        { "tools", generate => (generate.Prompt, generate.MessagesJson, generate.ToolsJson) = ("", """[{"role":"user","content":"x"}]""", new string(' ', 300_000)) },
        { "no tools", generate => (generate.Prompt, generate.MessagesJson, generate.ToolsJson) = ("", """[{"role":"user","content":"x"}]""", "[{}]") },
    };

    [Fact]
    public void A_prompt_may_come_as_tokens()
    {
        GenerationRequest request = GenerationInput.Read(models.TinyChat, Prompt(generate => { generate.Prompt = ""; generate.PromptTokens.Add([5, 6]); }), seed: 0);
        Assert.Equal([5, 6], request.Prompt.ToArray());
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_does_not_fit_is_refused_by_name(string words, Action<GenerateInput> change)
    {
        InferenceException refusal = Assert.Throws<InferenceException>(() => GenerationInput.Read(models.TinyChat, Prompt(change), seed: 0));
        Assert.Equal(InferenceFault.InvalidRequest, refusal.Fault);
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Logprobs_travel_with_the_bytes_of_tokens()
    {
        var token = new GenerationEvent.Token(0, 1018, "", new TokenLogprobsOfEngine(-0.5f, [new(1018, -0.5f), new(1022, -2)]));
        TokenLogprobs wire = Assert.Single(LogprobWire.Of(token, models.TinyChat));
        Assert.Equal((-0.5f, " which"), (wire.Logprob, wire.Text.ToStringUtf8()));
        Assert.Equal([(1018, " which"), (1022, "<|im_end|>")], wire.Top.Select(other => (other.TokenId, other.Text.ToStringUtf8())));
        Assert.Empty(LogprobWire.Of(token with { Logprobs = null }, models.TinyChat));
    }

    private static GenerateInput Prompt(Action<GenerateInput> change)
    {
        var input = new GenerateInput { Prompt = "Count", MaxTokens = 8 };
        change(input);
        return input;
    }

    /// <summary>The shipped text model, loaded once.</summary>
    public sealed class Models : IAsyncLifetime
    {
        private readonly ModelRepository _repository = ModelRepository.Load(Path.Combine(AppContext.BaseDirectory, "models"), new InferenceOptions { Slots = 1 }, ["tiny-chat"]);

        public DecoderModel TinyChat => _repository.Models.OfType<LoadedDecoder>().Single(model => model.Manifest.Name == "tiny-chat").Engine;

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync() => await _repository.DisposeAsync();
    }
}
