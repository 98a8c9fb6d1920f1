using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Tests.Generation.Sampling;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [1f, 3f, 2f, 3f, float.NegativeInfinity, float.NaN];

    [Fact]
    public void Temperature_zero_takes_the_likeliest_and_the_lowest_id_among_equals() =>
        Assert.Equal(1, Next(Logits, new SamplingOptions(), 0));

    [Fact]
    public void A_token_is_a_function_of_logits_seed_and_position()
    {
        var options = new SamplingOptions(Temperature: 1, Seed: 7);
        int[] first = Draw(options, 200);
        Assert.Equal(first, Draw(options, 200));
        Assert.NotEqual(first, Draw(options with { Seed = 8 }, 200));
        Assert.Equal(first[150], Next(Logits, options, 150));
    }

    [Fact]
    public void Top_k_leaves_only_the_k_likeliest() =>
        Assert.Equal([1, 3], Draw(new SamplingOptions(Temperature: 2, TopK: 2), 500).Distinct().Order());

    [Fact]
    public void Top_k_one_is_greedy_at_any_temperature() =>
        Assert.All(Draw(new SamplingOptions(Temperature: 2, TopK: 1), 100), token => Assert.Equal(1, token));

    [Theory]
    [InlineData(0.39, new[] { 1 })] // the likeliest alone has 0.3995
    [InlineData(0.5, new[] { 1, 3 })]
    [InlineData(0.9, new[] { 1, 2, 3 })]
    [InlineData(1.0, new[] { 0, 1, 2, 3 })]
    public void Top_p_leaves_the_smallest_set_that_reaches_the_sum(double topP, int[] expected) =>
        Assert.Equal(expected, Draw(new SamplingOptions(Temperature: 1, TopP: topP), 2000).Distinct().Order());

    [Fact]
    public void Top_p_is_a_share_of_what_top_k_left() =>
        Assert.Equal([1], Draw(new SamplingOptions(Temperature: 1, TopK: 2, TopP: 0.5), 500).Distinct());

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4, 0.999)]
    public void Drawn_frequencies_follow_the_probabilities(int topK, double topP)
    {
        const int draws = 20_000;
        int[] counts = new int[Logits.Length];
        foreach (int token in Draw(new SamplingOptions(Temperature: 1, TopK: topK, TopP: topP, Seed: 3), draws))
        {
            counts[token]++;
        }

        double sum = Math.Exp(-2) + 2 + Math.Exp(-1);
        Assert.InRange(counts[1] / (double)draws, (1 / sum) - 0.015, (1 / sum) + 0.015);
        Assert.InRange(counts[0] / (double)draws, (Math.Exp(-2) / sum) - 0.015, (Math.Exp(-2) / sum) + 0.015);
        Assert.Equal(0, counts[4] + counts[5]);
    }

    [Fact]
    public void Logits_without_a_finite_number_are_an_error() =>
        Assert.Throws<ArgumentException>(() => Next([float.NaN, float.PositiveInfinity], new SamplingOptions(), 0));

    [Theory]
    [InlineData(-0.1, 0, 1)]
    [InlineData(2.1, 0, 1)]
    [InlineData(double.NaN, 0, 1)]
    [InlineData(1, -1, 1)]
    [InlineData(1, 0, 0)]
    [InlineData(1, 0, 1.1)]
    [InlineData(1, 0, double.NaN)]
    public void Options_out_of_range_are_named(double temperature, int topK, double topP) =>
        Assert.NotNull(new SamplingOptions(temperature, topK, topP).Problem());

    public static TheoryData<string, SamplingOptions> OutOfRange => new()
    {
        { "min_p", new() { MinP = 1.01 } },
        { "min_p", new() { MinP = double.NaN } },
        { "repetition_penalty", new() { RepetitionPenalty = 0 } },
        { "repetition_penalty", new() { RepetitionPenalty = 2.01 } },
        { "presence_penalty", new() { PresencePenalty = -2.01 } },
        { "frequency_penalty", new() { FrequencyPenalty = double.NaN } },
        { "logit_bias of token 3", new() { LogitBias = new Dictionary<int, double> { [3] = 100.5 } } },
        { "names the token 10", new() { LogitBias = new Dictionary<int, double> { [10] = 1 } } },
        { "names the token -1", new() { LogitBias = new Dictionary<int, double> { [-1] = 1 } } },
        { "at most 1024", new() { LogitBias = Enumerable.Range(0, 1025).ToDictionary(token => token, _ => 0d) } },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void The_newer_options_out_of_range_are_named(string words, SamplingOptions options) =>
        Assert.Contains(words, options.Problem(vocabulary: 10), StringComparison.Ordinal);

    [Fact]
    public void Min_p_leaves_only_what_is_likely_enough_beside_the_likeliest()
    {
        Assert.Equal([1, 2, 3], Draw(new SamplingOptions(Temperature: 1) { MinP = 0.36 }, 2000).Distinct().Order()); // exp(-1) is 0.3679
        Assert.Equal([1, 3], Draw(new SamplingOptions(Temperature: 1) { MinP = 0.37 }, 2000).Distinct().Order());
        Assert.Equal([1, 3], Draw(new SamplingOptions(Temperature: 1, TopK: 3) { MinP = 0.37 }, 2000).Distinct().Order());
    }

    [Fact]
    public void The_repetition_penalty_counts_prompt_and_completion_once_and_pushes_negative_logits_down()
    {
        var options = new SamplingOptions { RepetitionPenalty = 2 };
        Assert.Equal(1, Next([3, 2, -1], options, prompt: [0], completion: [])); // 3 became 1.5
        Assert.Equal(1, Next([3, 2, -1], options, prompt: [0, 0], completion: [0]));
        Assert.Equal(0, Next([4.1f, 2, -1], options, prompt: [0, 0], completion: [0])); // once: 2.05
        Assert.Equal(1, Next([-1, -1.9f], options, prompt: [0], completion: [])); // -1 became -2
    }

    [Fact]
    public void Presence_counts_once_frequency_each_time_and_the_prompt_for_neither()
    {
        var presence = new SamplingOptions { PresencePenalty = 1.5 };
        Assert.Equal(0, Next([3, 2], presence, prompt: [0, 0, 0], completion: []));
        Assert.Equal(1, Next([3, 2], presence, prompt: [], completion: [0]));
        Assert.Equal(0, Next([3, 1], presence, prompt: [], completion: [0, 0, 0]));
        var frequency = new SamplingOptions { FrequencyPenalty = 0.4 };
        Assert.Equal(0, Next([3, 2], frequency, prompt: [0, 0, 0], completion: [0, 0]));
        Assert.Equal(1, Next([3, 2], frequency, prompt: [], completion: [0, 0, 0]));
    }

    [Fact]
    public void A_bias_forces_and_forbids()
    {
        Assert.Equal(2, Next([3, 2, -50], new SamplingOptions { LogitBias = new Dictionary<int, double> { [2] = 100 } }, [], []));
        Assert.Equal(1, Next([3, 2, -50], new SamplingOptions { LogitBias = new Dictionary<int, double> { [0] = -100 } }, [], []));
    }

    [Fact]
    public void Drawn_tokens_are_frozen()
    {
        // A change here would give other tokens for the same seed: it needs a new sampling version in the model digest.
        float[] logits = [.. Enumerable.Range(0, 1000).Select(id => (float)(((id * 7919) % 997) / 100.0))];
        int[] Drawn(SamplingOptions options) => [.. Enumerable.Range(0, 8).Select(position => Next(logits, options, (uint)position))];
        Assert.Equal(FrozenPlain, Drawn(new SamplingOptions(1, Seed: 11)));
        Assert.Equal(FrozenNucleus, Drawn(new SamplingOptions(0.7, TopP: 0.8, Seed: 12)));
        Assert.Equal(FrozenFew, Drawn(new SamplingOptions(1.5, TopK: 50, TopP: 0.9, Seed: 13) { MinP = 0.1 }));
    }

    private static readonly int[] FrozenPlain = [531, 245, 175, 805, 455, 36, 19, 315];
    private static readonly int[] FrozenNucleus = [963, 210, 630, 264, 788, 264, 841, 910];
    private static readonly int[] FrozenFew = [403, 490, 350, 123, 525, 525, 280, 88];

    [Fact]
    public void The_random_numbers_are_frozen()
    {
        // A change here would give other tokens for the same seed: it needs a new sampling version in the model digest.
        Assert.Equal(FrozenUnits, new[] { CounterRandom.Unit(0, 0), CounterRandom.Unit(0, 1), CounterRandom.Unit(ulong.MaxValue, uint.MaxValue) });
    }

    private static readonly double[] FrozenUnits = [0.6524484863740322, 0.7012121095215252, 0.774697827217258];

    private static int[] Draw(SamplingOptions options, int count) =>
        [.. Enumerable.Range(0, count).Select(position => Next(Logits, options, (uint)position))];

    private static int Next(float[] logits, SamplingOptions options, int[] prompt, int[] completion)
    {
        var history = new TokenHistory(prompt);
        Array.ForEach(completion, history.Add);
        return Sampler.Next(logits, options, history, 0, new SamplingWorkspace(logits.Length));
    }

    private static int Next(float[] logits, SamplingOptions options, uint position) =>
        Sampler.Next(logits, options, new TokenHistory([]), position, new SamplingWorkspace(logits.Length));
}
