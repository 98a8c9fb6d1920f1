using System.Globalization;
using Ncn.Benchmarks.Generation.Peers;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Generation;

/// <summary>Goals 5 and 6: 32 requests of mixed length at once, on the decoder of 27 million parameters.</summary>
internal static class BatchingBenchmark
{
    private const int Requests = 32;
    private const int RawSteps = 96;
    private static readonly (int Least, int Most) Prompts = (8, 64);

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        string root = BenchmarkDecoder.Root(options);
        string folder = BenchmarkDecoder.Folder(root);
        (int Least, int Most) answers = (16, options.Quick ? 40 : 160);
        await using var engine = new EngineContender(root, BenchmarkDecoder.Name, options);
        await using var oga = new OgaEngineContender(folder, options);
        await using var generator = new GeneratorContender(folder, options);
        await using var raw = new RawDecodeContender(folder, BenchmarkDecoder.Shape, Prompts.Most, RawSteps, options);
        var rounds = new TextRounds([engine, oga, generator, raw]);
        Func<int, IReadOnlyList<TextRequest>> workload = round => Workload.Mixed(Requests, Prompts, answers, BenchmarkDecoder.PlainTokens, round);
        await rounds.RunAsync(options.Rounds(usual: 7), workload);
        int compared = rounds.MustAgree(generator, workload);
        BenchmarkRow[] rows =
        [
            Speed(rounds, engine, oga, Goal.Least(4)),
            Speed(rounds, engine, generator, Goal.Least(8)),
            Speed(rounds, engine, raw, Goal.Least(0.75)),
            BenchmarkRow.Of("time to first token, p50, s", oga.Name, rounds.FirstTokens(engine), rounds.FirstTokens(oga), Goal.Most(0.1)),
            BenchmarkRow.Of($"tokens/s, {raw.Name} (the ceiling)", generator.Name, rounds.Speeds(raw), rounds.Speeds(generator), goal: null),
            rounds.ProcessorTime(engine, oga), rounds.ProcessorTime(engine, generator), rounds.ProcessorTime(engine, raw),
        ];
        return new BenchmarkReport("batching", Machine.Describe(options), rounds.Count, options.Quick, rows, Notes(workload(0), compared));
    }

    private static BenchmarkRow Speed(TextRounds rounds, ITextContender engine, ITextContender peer, Goal goal) =>
        BenchmarkRow.Of("tokens/s", peer.Name, rounds.Speeds(engine), rounds.Speeds(peer), goal);

    private static string[] Notes(IReadOnlyList<TextRequest> requests, int compared) =>
    [
        $"Decoder of {(BenchmarkDecoder.Shape.Parameters / 1e6).ToString("0.0", CultureInfo.InvariantCulture)} million parameters, float32; {Requests} requests at once, greedy; prompts of {requests.Min(request => request.Prompt.Length)} to {requests.Max(request => request.Prompt.Length)} tokens ({requests.Sum(request => request.Prompt.Length)} in all), answers of {requests.Min(request => request.AnswerTokens)} to {requests.Max(request => request.AnswerTokens)} ({requests.Sum(request => request.AnswerTokens)} in all); prompts are new in every round.",
        $"Raw decode: 16 rows, {RawSteps} steps each, prompts prefilled before the clock starts: a ceiling, since every other figure contains prefill. Its own row, in which it stands in the column of ours, says how much quicker than the Generator's single stream this machine is at 16 rows: what an engine can gain on top by decoding 32 rows, it gives back for prefill and for rows that end early.",
        Machine.PagesNote(),
        $"All contenders gave the same tokens ({compared} compared).",
    ];
}
