using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Batching;

/// <summary>What model and sampler say of answers that are stated to be theirs.</summary>
public sealed class ReplayTests : IDisposable
{
    private const string Schema = """{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}""";

    private readonly string _root = Directory.CreateTempSubdirectory("ncn-replay-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Honest_answers_with_all_kinds_of_options_raise_no_doubt(bool chunkLogits)
    {
        await using DecoderModel model = Load(chunkLogits);
        foreach (GenerationRequest request in EngineModels.Mixed(count: 24, plainTokens: 300, model.ContextTokens, seed: 5))
        {
            GenerationRequest asked = request with { Committed = default };
            int[] tokens = await model.Tokens(asked);
            ReplayReport report = await model.ReplayAsync(asked, tokens, static _ => false, CancellationToken.None);
            Assert.Equal((tokens.Length, model.Decode(tokens)), (report.Tokens, string.Concat(report.Pieces) + report.Rest));
            Assert.DoesNotContain(report.Doubts, static doubt => doubt.Steps > 1024);
            Assert.Equal(tokens.Length == asked.MaxTokens ? FinishReason.Length : null, report.Finish);
            Assert.True(report.Finish is not null || report.StopSteps <= 1024, $"{report.StopSteps}");
        }
    }

    [Fact]
    public async Task A_changed_token_is_doubted_where_it_stands()
    {
        await using DecoderModel model = Load();
        var asked = new GenerationRequest { Prompt = new[] { 1, 2, 3 }, MaxTokens = 40, Sampling = new SamplingOptions(1, Seed: 4) };
        int[] tokens = await model.Tokens(asked);
        int honest = tokens[20];
        tokens[20] = (honest + 9) % 256;
        ReplayReport report = await model.ReplayAsync(asked, tokens, static at => at == 20, CancellationToken.None);
        TokenDoubt doubt = report.Doubts[0];
        Assert.Equal((20, honest), (doubt.Position, doubt.Drawn));
        Assert.True(doubt.Steps > 1024);
        Assert.Equal(20, Assert.Single(report.Scored).Position);
    }

    [Fact]
    public async Task Committed_tokens_are_taken_as_they_are()
    {
        await using DecoderModel model = Load();
        var asked = new GenerationRequest { Prompt = new[] { 1, 2, 3 }, MaxTokens = 30, Committed = new[] { 200, 7, 99 }, Sampling = new SamplingOptions(1, Seed: 4) };
        int[] rest = await model.Tokens(asked);
        ReplayReport report = await model.ReplayAsync(asked, rest, static at => at >= 3, CancellationToken.None);
        Assert.Empty(report.Doubts);
        Assert.Equal((30, rest.Length, rest.Length), (report.Tokens, report.Pieces.Count, report.Scored.Count));
    }

    [Fact]
    public async Task An_end_that_nothing_caused_is_far_from_what_the_model_would_do()
    {
        await using DecoderModel model = Load();
        var asked = new GenerationRequest { Prompt = new[] { 1, 2, 3 }, MaxTokens = 40 };
        int[] tokens = await model.Tokens(asked);
        ReplayReport report = await model.ReplayAsync(asked, tokens.AsMemory(0, 10), static _ => false, CancellationToken.None);
        Assert.Equal((10, null), (report.Tokens, report.Finish));
        Assert.True(report.StopSteps > 1024);
        Assert.Empty((await model.ReplayAsync(asked, Array.Empty<int>(), static _ => false, CancellationToken.None)).Doubts);
    }

    [Fact]
    public async Task Tokens_after_a_stop_string_or_after_an_end_token_are_not_taken()
    {
        await using DecoderModel model = Load();
        var asked = new GenerationRequest { Prompt = new[] { 1, 2, 3 }, MaxTokens = 40 };
        int[] tokens = await model.Tokens(asked);
        string text = model.Decode(tokens.AsMemory(0, 8));
        GenerationRequest stopping = asked with { Stop = [text[^1..]] };
        int[] stopped = await model.Tokens(stopping);
        ReplayReport report = await model.ReplayAsync(stopping, stopped, static _ => false, CancellationToken.None);
        Assert.Equal((stopped.Length, FinishReason.Stop), (report.Tokens, report.Finish));
        Assert.Equal(stopped.Length, (await model.ReplayAsync(stopping, tokens, static _ => false, CancellationToken.None)).Tokens);
        Assert.Equal(5, (await model.ReplayAsync(asked with { StopTokens = [tokens[5]] }, tokens, static _ => false, CancellationToken.None)).Tokens);
    }

    [Fact]
    public async Task A_document_of_a_schema_is_drawn_under_its_mask_and_anything_else_is_not_taken()
    {
        await using DecoderModel model = Load();
        var asked = new GenerationRequest { Prompt = new[] { 1, 2, 3 }, MaxTokens = 60, JsonSchema = Schema, Sampling = new SamplingOptions(1, Seed: 3) };
        int[] tokens = await model.Tokens(asked);
        ReplayReport report = await model.ReplayAsync(asked, tokens, static _ => false, CancellationToken.None);
        Assert.Equal(tokens.Length, report.Tokens);
        Assert.DoesNotContain(report.Doubts, static doubt => doubt.Steps > 1024);
        tokens[2] = 1;
        Assert.Equal(2, (await model.ReplayAsync(asked, tokens, static _ => false, CancellationToken.None)).Tokens);
    }

    private DecoderModel Load(bool chunkLogits = true) => EngineModels.Load(EngineModels.Written(_root), slots: 2, change: parts => parts with
    {
        Runtime = new FaultyRuntime(parts.Runtime) { HasChunkLogits = chunkLogits },
    });
}
