using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Generation;

/// <summary>Runs contenders in interleaved rounds, each round in another order, and compares what they said.</summary>
internal sealed class TextRounds(IReadOnlyList<ITextContender> contenders)
{
    private readonly Dictionary<string, List<TextRun>> _runs = contenders.ToDictionary(contender => contender.Name, _ => new List<TextRun>());

    /// <summary>Rounds that count.</summary>
    public int Count => _runs.Values.First().Count;

    public IReadOnlyList<TextRun> Of(ITextContender contender) => _runs[contender.Name];

    public IReadOnlyList<double> Speeds(ITextContender contender) => [.. Of(contender).Select(run => run.TokensPerSecond)];

    public IReadOnlyList<double> FirstTokens(ITextContender contender) => [.. Of(contender).Select(run => run.FirstTokenMedian)];

    /// <summary>What does not depend on who else uses the machine: CPU time for each token.</summary>
    public BenchmarkRow ProcessorTime(ITextContender ours, ITextContender peer) => BenchmarkRow.Of(
        "CPU time per token, ms", peer.Name, [.. Of(ours).Select(run => run.ProcessorMillisecondsPerToken)], [.. Of(peer).Select(run => run.ProcessorMillisecondsPerToken)], goal: null);

    /// <param name="rounds">Rounds that count.</param>
    /// <param name="workload">The requests of a round; those of round -1 are answered before, for warmth: .NET runs unoptimised code first.</param>
    public async Task RunAsync(int rounds, Func<int, IReadOnlyList<TextRequest>> workload)
    {
        foreach (ITextContender contender in contenders)
        {
            await contender.RunAsync(workload(-1));
        }

        for (int round = 0; round < rounds; round++)
        {
            IReadOnlyList<TextRequest> requests = workload(round);
            for (int turn = 0; turn < contenders.Count; turn++)
            {
                ITextContender contender = contenders[(round + turn) % contenders.Count];
                _runs[contender.Name].Add(await contender.RunAsync(requests));
            }

            Console.Error.WriteLine($"  round {round + 1} of {rounds}: " + string.Join("; ", contenders.Select(contender => $"{contender.Name} {Of(contender)[^1].TokensPerSecond:0} tok/s")));
        }
    }

    /// <summary>Checks that every contender gave every request the tokens that <paramref name="reference"/> gave, as far as both went.</summary>
    /// <returns>How many tokens were compared.</returns>
    /// <exception cref="BenchmarkFailedException">They differ, or an answer has another length than was asked for.</exception>
    public int MustAgree(ITextContender reference, Func<int, IReadOnlyList<TextRequest>> workload)
    {
        int compared = 0;
        foreach (ITextContender contender in contenders)
        {
            for (int round = 0; round < Of(contender).Count; round++)
            {
                compared += Compare(contender, Of(contender)[round], Of(reference)[round], workload(round));
            }
        }

        return compared;
    }

    private static int Compare(ITextContender contender, TextRun run, TextRun expected, IReadOnlyList<TextRequest> requests)
    {
        int compared = 0;
        for (int request = 0; request < run.Answers.Count; request++)
        {
            (int[] answer, int[] reference) = (run.Answers[request], expected.Answers[request]);
            int common = answer.AsSpan().CommonPrefixLength(reference);
            if (contender.AnswersAll && answer.Length != requests[request].AnswerTokens)
            {
                throw new BenchmarkFailedException($"{contender.Name} gave request {request} {answer.Length} tokens and was asked for {requests[request].AnswerTokens}");
            }

            if (common < Math.Min(answer.Length, reference.Length))
            {
                throw new BenchmarkFailedException($"{contender.Name} gave request {request} the token {answer[common]} at position {common}, where the Generator gave {reference[common]}");
            }

            compared += common;
        }

        return compared;
    }
}
