using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Tests.Generation.Sampling;

public sealed class SamplerPropertyTests
{
    [Fact]
    public void Random_options_on_random_logits_choose_what_the_plain_rules_choose()
    {
        var workspace = new SamplingWorkspace(3000);
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            float[] logits = Logits(random, random.Next(10) switch { 0 => 1, 1 => random.Next(1, 9), 2 => 3000, _ => random.Next(1, 700) });
            SamplingOptions options = Options(random, logits.Length);
            int[] prompt = [.. Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(logits.Length))];
            int[] completion = [.. Enumerable.Range(0, random.Next(20)).Select(_ => random.Next(logits.Length))];
            TokenMask? mask = random.Next(3) > 0 ? null
                : TokenMask.Of(logits.Length, Enumerable.Range(0, logits.Length).Where(id => random.Next(4) == 0 || id == Likeliest(logits)));
            uint position = (uint)random.Next();
            int expected = ReferenceSampler.Next(logits, options, prompt, completion, position, mask is null ? null : mask.Allows);
            Assert.True(expected == Next(logits, options, prompt, completion, position, workspace, mask), $"seed {seed}");
        }
    }

    [Fact]
    public void A_step_leaves_nothing_behind_in_the_workspace()
    {
        var used = new SamplingWorkspace(500);
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            float[] logits = Logits(random, random.Next(1, 500));
            SamplingOptions options = Options(random, logits.Length);
            Assert.Equal(
                Next(logits, options, [1], [2, 2], (uint)seed, new SamplingWorkspace(logits.Length), null), Next(logits, options, [1], [2, 2], (uint)seed, used, null));
        }
    }

    [Fact]
    public void The_models_logits_are_not_changed()
    {
        float[] logits = Logits(new Random(1), 300);
        float[] before = [.. logits];
        var options = new SamplingOptions(1, 20, 0.9) { RepetitionPenalty = 1.5, LogitBias = new Dictionary<int, double> { [3] = 9 } };
        Next(logits, options, [1, 2, 3], [4], 0, new SamplingWorkspace(300), TokenMask.Of(300, Enumerable.Range(0, 100)));
        Assert.Equal(before, logits);
    }

    [Theory]
    [InlineData(0, 1.0)]
    [InlineData(40, 0.9)]
    [InlineData(0, 0.9)]
    public void After_the_first_step_nothing_is_allocated(int topK, double topP)
    {
        float[] logits = Logits(new Random(1), 32_000);
        var options = new SamplingOptions(1, topK, topP)
        {
            MinP = 1e-6, RepetitionPenalty = 1.2, PresencePenalty = 0.5, FrequencyPenalty = 0.1, LogitBias = new Dictionary<int, double> { [3] = 9 },
        };
        var workspace = new SamplingWorkspace(logits.Length);
        var history = new TokenHistory([1, 2, 3]);
        TokenMask mask = TokenMask.Of(logits.Length, Enumerable.Range(0, 31_000));
        Sampler.Next(logits, options, history, 0, workspace, mask);
        // A collection that another test causes is counted as up to 8 KiB of this thread; not in every round.
        Assert.Equal(0, Enumerable.Range(0, 10).Min(_ => AllocatedBy(() =>
        {
            for (uint position = 1; position < 50; position++)
            {
                Sampler.Next(logits, options, history, position, workspace, mask);
            }
        })));
    }

    private static long AllocatedBy(Action steps)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        steps();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>Ties, infinities and no numbers among them; now and then rising, which is the worst order for a partial selection.</summary>
    private static float[] Logits(Random random, int count)
    {
        float[] logits = [.. Enumerable.Range(0, count).Select(_ => random.Next(30) switch
        {
            0 => float.NegativeInfinity,
            1 => float.NaN,
            2 => float.PositiveInfinity,
            < 12 => random.Next(-3, 4),
            _ => (float)((random.NextDouble() * 24) - 12),
        })];
        logits[random.Next(count)] = 5;
        if (random.Next(4) == 0)
        {
            Array.Sort(logits);
        }

        return logits;
    }

    private static SamplingOptions Options(Random random, int vocabulary) =>
        new(
            random.Next(6) == 0 ? 0 : 0.05 + (random.NextDouble() * 1.9), random.Next(2) == 0 ? 0 : random.Next(0, vocabulary + 2),
            random.Next(2) == 0 ? 1 : 0.01 + (random.NextDouble() * 0.98), (ulong)random.NextInt64())
        {
            MinP = random.Next(2) == 0 ? 0 : random.NextDouble(),
            RepetitionPenalty = random.Next(2) == 0 ? 1 : 0.5 + (random.NextDouble() * 1.5),
            PresencePenalty = random.Next(2) == 0 ? 0 : (random.NextDouble() * 4) - 2,
            FrequencyPenalty = random.Next(2) == 0 ? 0 : (random.NextDouble() * 4) - 2,
            LogitBias = random.Next(2) == 0
                ? new Dictionary<int, double>()
                : Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(vocabulary)).Distinct().ToDictionary(id => id, _ => (random.NextDouble() * 20) - 10),
        };

    private static int Likeliest(float[] logits) => Sampler.Likeliest(logits);

    private static int Next(float[] logits, SamplingOptions options, int[] prompt, int[] completion, uint position, SamplingWorkspace workspace, TokenMask? mask)
    {
        var history = new TokenHistory(prompt);
        foreach (int token in completion)
        {
            history.Add(token);
        }

        return Sampler.Next(logits, options, history, position, workspace, mask);
    }
}
