using Ncn.Benchmarks.Generation.Peers;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Generation;

/// <summary>Goal 7: one request alone.</summary>
internal static class GenerateBenchmark
{
    private const int PromptTokens = 32;

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        string root = BenchmarkDecoder.Root(options);
        int answer = options.Quick ? 32 : 384;
        await using var engine = new EngineContender(root, BenchmarkDecoder.Name, options);
        await using var generator = new GeneratorContender(BenchmarkDecoder.Folder(root), options);
        var rounds = new TextRounds([engine, generator]);
        Func<int, IReadOnlyList<TextRequest>> workload = round => Workload.Single(PromptTokens, answer, BenchmarkDecoder.PlainTokens, round);
        await rounds.RunAsync(options.Rounds(usual: 9), workload);
        int compared = rounds.MustAgree(generator, workload);
        BenchmarkRow[] rows =
        [
            BenchmarkRow.Of("tokens/s", generator.Name, rounds.Speeds(engine), rounds.Speeds(generator), Goal.Least(1.3)),
            BenchmarkRow.Of("time to first token, s", generator.Name, rounds.FirstTokens(engine), rounds.FirstTokens(generator), null),
            rounds.ProcessorTime(engine, generator),
        ];
        string[] notes =
        [
            $"One request at a time: a prompt of {PromptTokens} tokens, an answer of {answer}, greedy, on the decoder of `batching`.",
            Machine.PagesNote(),
            $"Both gave the same tokens ({compared} compared).",
        ];
        return new BenchmarkReport("generate", Machine.Describe(options), rounds.Count, options.Quick, rows, notes);
    }
}
