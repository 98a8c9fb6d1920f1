using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Tests.Generation.Sampling;

/// <summary>What a checker says of a token that was drawn from logits which are not quite its own, and of one that was drawn otherwise.</summary>
public sealed class DrawDoubtTests
{
    private const int Vocabulary = 200;

    [Theory]
    [InlineData(1e-5)]
    [InlineData(1e-3)]
    [InlineData(0.1)]
    [InlineData(2)]
    public void A_token_drawn_from_logits_that_are_off_by_some_error_is_explained_by_that_error(double error)
    {
        int otherwise = 0;
        for (int seed = 0; seed < 4000; seed++)
        {
            var random = new Random(seed);
            float[] own = Logits(random);
            float[] theirs = [.. own.Select(logit => (float)(logit + (((random.NextDouble() * 2) - 1) * error)))];
            SamplingOptions options = Options(random);
            var history = new TokenHistory([1, 2, 3, 4]);
            history.Add(5);
            TokenMask? mask = random.Next(4) == 0 ? TokenMask.Of(Vocabulary, Enumerable.Range(0, Vocabulary / 2)) : null;
            var workspace = new SamplingWorkspace(Vocabulary);
            int drawn = Sampler.Next(theirs, options, history, 1, workspace, mask);
            TokenDoubt doubt = DrawDoubt.Of(own, options, history, 1, workspace, mask, [drawn]);
            otherwise += doubt.Steps > 0 ? 1 : 0;

            // Rounded up to a power of two, and the float's own rounding on top.
            Assert.True(doubt.Steps <= (2 * error * DrawDoubt.StepsPerNat) + 16, $"seed {seed}: {doubt} at {error}; {options}");
        }

        Assert.True(error < 0.01 || otherwise > 10, $"only {otherwise} draws differed, so the test shows nothing");
    }

    [Fact]
    public void A_token_of_another_seed_is_far_from_any_error_of_rounding()
    {
        int differing = 0;
        int unexplained = 0;
        for (int seed = 0; seed < 1000; seed++)
        {
            float[] logits = Logits(new Random(seed));
            var options = new SamplingOptions(1, 0, 1, (ulong)seed);
            var workspace = new SamplingWorkspace(Vocabulary);
            int stated = Sampler.Next(logits, options with { Seed = ~options.Seed }, new TokenHistory([]), 7, workspace);
            TokenDoubt doubt = DrawDoubt.Of(logits, options, new TokenHistory([]), 7, workspace, null, [stated]);
            differing += doubt.Drawn != stated ? 1 : 0;
            unexplained += doubt.Steps > 1024 ? 1 : 0;
        }

        Assert.InRange(differing, 500, 1000);
        Assert.InRange(unexplained, differing * 98 / 100, differing);
    }

    [Fact]
    public void The_greedy_choice_is_explained_by_half_of_what_lies_between_two_logits()
    {
        float[] logits = [1, 3, 2, float.NegativeInfinity];
        TokenDoubt Of(int stated, SamplingOptions? options = null) =>
            DrawDoubt.Of(logits, options ?? new SamplingOptions(), new TokenHistory([]), 0, new SamplingWorkspace(4), null, [stated]);
        Assert.Equal(new TokenDoubt(0, 1, 0), Of(1));
        Assert.Equal(new TokenDoubt(0, 1, DrawDoubt.StepsPerNat / 2), Of(2));
        Assert.Equal(new TokenDoubt(0, 1, DrawDoubt.StepsPerNat), Of(0));
        Assert.Equal(new TokenDoubt(0, 1, DrawDoubt.Impossible), Of(3));
        Assert.Equal(new TokenDoubt(0, 1, DrawDoubt.StepsPerNat / 2), Of(2, new SamplingOptions(1, 1, 1, 5)));
    }

    [Fact]
    public void A_token_that_a_cut_takes_away_is_explained_by_its_distance_from_the_cut_only()
    {
        float[] logits = [5, 4.99f, 1, 0];
        TokenDoubt Of(int stated, SamplingOptions options) =>
            DrawDoubt.Of(logits, options, new TokenHistory([]), 0, new SamplingWorkspace(4), null, [stated]);
        Assert.True(Of(2, new SamplingOptions(1, 2)).Steps >= DrawDoubt.StepsPerNat);
        Assert.True(Of(3, new SamplingOptions(1, 0, 0.9)).Steps >= DrawDoubt.StepsPerNat);
        Assert.True(Of(2, new SamplingOptions(1) { MinP = 0.5 }).Steps >= DrawDoubt.StepsPerNat);
        Assert.Equal(DrawDoubt.Impossible, DrawDoubt.Of(logits, new SamplingOptions(1), new TokenHistory([]), 0, new SamplingWorkspace(4), TokenMask.Of(4, [0, 1]), [2]).Steps);
    }

    private static float[] Logits(Random random) => [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)((random.NextDouble() - 0.5) * 12))];

    private static SamplingOptions Options(Random random) =>
        new(random.Next(5) == 0 ? 0 : 0.3 + random.NextDouble(), random.Next(2) * random.Next(1, 60), random.Next(2) == 0 ? 1 : 0.5 + (random.NextDouble() / 2), (ulong)random.NextInt64())
        {
            MinP = random.Next(3) == 0 ? 0.05 : 0,

            // A factor on logits makes errors larger by itself; what is measured here is the draw.
            PresencePenalty = random.Next(3) == 0 ? 0.5 : 0,
            FrequencyPenalty = random.Next(3) == 0 ? 0.3 : 0,
            LogitBias = random.Next(3) == 0 ? new Dictionary<int, double> { [3] = 2 } : new Dictionary<int, double>(),
        };
}
