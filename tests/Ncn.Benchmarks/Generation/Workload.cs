namespace Ncn.Benchmarks.Generation;

/// <summary>One greedy completion of a known length.</summary>
internal sealed record TextRequest(int[] Prompt, int AnswerTokens);

/// <summary>Requests for a round. Lengths are the same in every round; the prompts are new, so that nobody can reuse a prefix of an earlier round.</summary>
internal static class Workload
{
    private const int LengthSeed = 20;

    /// <summary>Requests whose prompts and answers have lengths spread evenly over their ranges (both ends included).</summary>
    public static IReadOnlyList<TextRequest> Mixed(int count, (int Least, int Most) prompts, (int Least, int Most) answers, int tokens, int round)
    {
        var lengths = new Random(LengthSeed);
        var content = new Random(round + 1);
        return [.. Enumerable.Range(0, count).Select(_ => new TextRequest(
            Prompt(content, lengths.Next(prompts.Least, prompts.Most + 1), tokens), lengths.Next(answers.Least, answers.Most + 1)))];
    }

    /// <summary>One request.</summary>
    public static IReadOnlyList<TextRequest> Single(int promptTokens, int answerTokens, int tokens, int round) =>
        [new TextRequest(Prompt(new Random(-1 - round), promptTokens, tokens), answerTokens)];

    private static int[] Prompt(Random random, int length, int tokens) => [.. Enumerable.Range(0, length).Select(_ => random.Next(tokens))];
}
