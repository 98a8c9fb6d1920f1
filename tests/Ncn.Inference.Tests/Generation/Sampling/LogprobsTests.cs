using System.Runtime.Intrinsics;
using Ncn.Inference.Generation;
using Ncn.Inference.Generation.Sampling;

namespace Ncn.Inference.Tests.Generation.Sampling;

public sealed class LogprobsTests
{
    [Fact]
    public void They_are_the_models_own_distribution()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            float[] logits = [.. Enumerable.Range(0, random.Next(1, 2000)).Select(_ => (float)(random.NextDouble() * 30) - 15)];
            double greatest = logits.Max();
            double sum = logits.Sum(logit => Math.Exp(logit - greatest));
            double Expected(int id) => logits[id] - greatest - Math.Log(sum);
            TokenLogprobs at = Logprobs.At(logits, logits.Length - 1, 20);
            Assert.Equal(Expected(logits.Length - 1), at.Logprob, 1e-5);
            int[] order = [.. Enumerable.Range(0, logits.Length).OrderByDescending(id => logits[id]).ThenBy(id => id).Take(20)];
            Assert.Equal(order, at.Top.Select(token => token.TokenId));
            Assert.All(at.Top, token => Assert.Equal(Expected(token.TokenId), token.Logprob, 1e-5));
            Assert.Equal(at.Top, Logprobs.Top(logits, 20));
            Assert.Equal(at.Logprob, Logprobs.Of(logits, logits.Length - 1));
        }
    }

    [Fact]
    public void Equals_come_in_the_order_of_ids_and_what_is_no_number_does_not_come()
    {
        float[] logits = [1, 2, float.NaN, 2, float.PositiveInfinity, float.NegativeInfinity];
        Assert.Equal([1, 3, 0], Logprobs.Top(logits, 20).Select(token => token.TokenId));
        Assert.Equal(float.NegativeInfinity, Logprobs.Of(logits, 2));
        Assert.Empty(Logprobs.At(logits, 0, 0).Top);
    }

    [Fact]
    public void The_sum_has_the_bits_of_the_weights_that_tokens_are_drawn_by()
    {
        for (int length = 1; length < 1200; length += 13)
        {
            var random = new Random(length);
            float[] logits = [.. Enumerable.Range(0, length).Select(i => i % 97 == 5 ? float.NaN : (float)(random.NextDouble() * 900) - 800)];
            logits[0] = 100;
            double[] weights = new double[WeightSums.Padded(length)];
            WeightSums.Fill(logits, 100, temperature: 1, least: 0, weights);
            double expected = WeightSums.Sum(weights, new double[weights.Length / WeightSums.Block]);
            Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(WeightSums.Total(logits, 100)));
        }
    }

    [Fact]
    public void The_exponential_is_exact_to_the_last_places_and_alike_in_every_lane()
    {
        var random = new Random(5);
        for (int i = 0; i < 100_000; i++)
        {
            double x = -random.NextDouble() * (i % 2 == 0 ? 2 : 700);
            double expected = Math.Exp(x);
            double found = ExactExponential.Of(x);
            Assert.InRange(found, expected * (1 - 1e-15), expected * (1 + 1e-15));
            Vector256<double> lanes = ExactExponential.Of(Vector256.Create(-1, x, -500, -0.25));
            Assert.Equal(BitConverter.DoubleToInt64Bits(found), BitConverter.DoubleToInt64Bits(lanes[1]));
        }

        Assert.Equal(1, ExactExponential.Of(0));
        Assert.All(new[] { -709, double.NegativeInfinity, double.NaN, double.PositiveInfinity, 1 }, x => Assert.Equal(0, ExactExponential.Of(x)));
        Assert.Equal(0x3FD78B56362CEF38, BitConverter.DoubleToInt64Bits(ExactExponential.Of(-1.0))); // the same bits on every machine
    }
}
