using Ncn.Inference.Generation;

namespace Ncn.Inference.Tests.Generation.Sampling;

/// <summary>The sampling rules in the plainest form: full sorts, dictionaries, the C library's exp.</summary>
internal static class ReferenceSampler
{
    public static int Next(float[] logits, SamplingOptions options, int[] prompt, int[] completion, uint position, Func<int, bool>? allows = null)
    {
        var left = new SortedDictionary<int, double>();
        for (int id = 0; id < logits.Length; id++)
        {
            if (float.IsFinite(logits[id]) && (allows is null || allows(id)))
            {
                left[id] = Adjusted(logits[id], id, options, prompt, completion);
            }
        }

        int[] order = [.. left.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => pair.Key)];
        if (options.Temperature == 0)
        {
            return order[0];
        }

        var weights = left.ToDictionary(pair => pair.Key, pair => Math.Exp((pair.Value - left[order[0]]) / options.Temperature));
        IEnumerable<int> kept = order.Where(id => weights[id] >= options.MinP);
        int[] few = [.. options.TopK == 0 ? kept : kept.Take(options.TopK)];
        double wanted = options.TopP * few.Sum(id => weights[id]);
        var nucleus = new List<int>();
        for (double sum = 0; nucleus.Count < few.Length && (sum < wanted || nucleus.Count == 0); sum += weights[nucleus[^1]])
        {
            nucleus.Add(few[nucleus.Count]);
        }

        double target = CounterRandom.Unit(options.Seed, position) * nucleus.Sum(id => weights[id]);
        foreach (int id in nucleus.Order())
        {
            target -= weights[id];
            if (target < 0)
            {
                return id;
            }
        }

        return nucleus.Max();
    }

    private static float Adjusted(float logit, int id, SamplingOptions options, int[] prompt, int[] completion)
    {
        float biased = (float)(logit + options.LogitBias.GetValueOrDefault(id));
        double result = biased;
        int count = completion.Count(token => token == id);
        if (count > 0 || prompt.Contains(id))
        {
            result = result > 0 ? result / options.RepetitionPenalty : result * options.RepetitionPenalty;
        }

        return (float)(result - (options.FrequencyPenalty * count) - (count > 0 ? options.PresencePenalty : 0));
    }
}
