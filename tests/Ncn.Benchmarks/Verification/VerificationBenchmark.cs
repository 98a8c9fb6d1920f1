using System.Diagnostics;
using Ncn.Benchmarks.Generation;
using Ncn.Benchmarks.Reporting;
using Ncn.Inference;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Verification.Checks;

namespace Ncn.Benchmarks.Verification;

/// <summary>What the check of an answer costs beside its generation: one pass in place of one run for each token.</summary>
internal static class VerificationBenchmark
{
    private const int PromptTokens = 32;
    private const int AtOnce = 8;
    private const int SpecialTokens = 4;
    private const string TinyChat = "tiny-chat";

    /// <summary>Both sides run this long before the rounds of a length: .NET runs unoptimised code first, and a check has more of it than a generation.</summary>
    private static readonly TimeSpan Warmth = TimeSpan.FromSeconds(4);

    /// <summary>A round checks so many answers that it takes this long: the kernel counts a process's CPU time in ticks of milliseconds.</summary>
    private const double CheckedMilliseconds = 120;

    private const int MostAnswers = 64;

    private static readonly int[] Lengths = [16, 64, 256];

    public static async Task<BenchmarkReport> RunAsync(BenchmarkOptions options)
    {
        int rounds = options.Rounds(usual: 15);
        var rows = new List<BenchmarkRow>();
        await MeasureAsync(rows, options, BenchmarkDecoder.Root(options), BenchmarkDecoder.Name, BenchmarkDecoder.PlainTokens, rounds);
        await MeasureAsync(rows, options, Path.Combine(AppContext.BaseDirectory, "models"), TinyChat, plainTokens: 1020, rounds);
        string[] notes =
        [
            $"Prompts of {PromptTokens} random tokens, temperature 1. A check is everything but the network: signatures, hashes, one pass over prompt and answer, the draw at every position, the comparison. Every check passed.",
            $"Wall and CPU time of one answer that was generated alone, the mean of up to {MostAnswers} in each round, as the kernel counts CPU time in ticks of milliseconds; and CPU time of one of {AtOnce} that were generated side by side, which share the reading of the weights. Both sides run {Warmth.TotalSeconds:0} s before the rounds of a length. CPU time is that of the process: with more than one thread, waiting threads spin and count.",
            Machine.PagesNote(),
        ];
        return new BenchmarkReport("verification", Machine.Describe(options), rounds, options.Quick, rows, notes);
    }

    private static async Task MeasureAsync(List<BenchmarkRow> rows, BenchmarkOptions options, string root, string name, int plainTokens, int rounds)
    {
        var inference = new InferenceOptions { ExecutionProvider = options.Provider, Threads = options.Threads, Slots = AtOnce, MaxWaiting = 64 };
        await using ModelRepository repository = ModelRepository.Load(root, inference, [name]);
        DecoderModel engine = (repository.Find(name) as LoadedDecoder)?.Engine
            ?? throw new BenchmarkFailedException(string.Join("; ", repository.Failures.Select(failure => $"{failure.Model}: {failure.Problem}")));
        var tolerance = new PairTolerance("CPU", "CPU", 1) { Text = new TextTolerance(Logprob: 8, Margin: 1024, DoubtsPerMillion: 1000) };
        using var desk = new AnswerDesk(engine, new ModelTolerances(name, "1", [tolerance]));
        foreach (int length in Lengths)
        {
            long started = Stopwatch.GetTimestamp();
            double slowest = 0;
            for (int turn = 1; !options.Quick && Stopwatch.GetElapsedTime(started) < Warmth; turn++)
            {
                slowest = (await RoundAsync(engine, desk, name, length, plainTokens, -turn, 1)).Check.Wall;
            }

            int answers = options.Quick ? 1 : Math.Clamp((int)(CheckedMilliseconds / slowest), 1, MostAnswers);
            var generated = new List<Cost>();
            var shared = new List<Cost>();
            var checks = new List<Cost>();
            for (int round = 0; round < rounds; round++)
            {
                (Cost alone, Cost check, Cost together) = await RoundAsync(engine, desk, name, length, plainTokens, round, answers);
                generated.Add(alone);
                checks.Add(check);
                shared.Add(together);
            }

            Goal? goal = length == 64 ? Goal.Most(0.25) : null;
            rows.Add(Row($"{name}: wall time of {length} tokens, ms", "generated alone", checks, generated, static cost => cost.Wall, goal));
            rows.Add(Row($"{name}: CPU time of {length} tokens, ms", "generated alone", checks, generated, static cost => cost.Processor, goal));
            rows.Add(Row($"{name}: CPU time of {length} tokens, ms", $"one of {AtOnce} generated at once", checks, shared, static cost => cost.Processor, null));
        }
    }

    /// <summary>Answers generated one after the other, their checks, and as many and more generated side by side; the cost of each.</summary>
    private static async Task<(Cost Alone, Cost Check, Cost Together)> RoundAsync(
        DecoderModel engine, AnswerDesk desk, string name, int length, int plainTokens, int round, int answers)
    {
        GenerationRequest[] asked = [.. Enumerable.Range(0, answers).Select(at => Request(length, plainTokens, (round * MostAnswers) + at))];
        var events = new IReadOnlyList<GenerationEvent>[answers];
        Cost alone = await Cost.OfAsync(answers, async at => events[at] = await AnswerDesk.GenerateAsync(engine, asked[at]));
        ReceiptEvidence[] evidence = [.. asked.Select((request, at) => desk.Evidence(request, events[at]))];
        Cost check = await Cost.OfAsync(answers, async at => MustPass(await desk.CheckAsync(asked[at], evidence[at]), name, length));
        Cost together = await Cost.OfAsync((answers + AtOnce - 1) / AtOnce, turn => Task.WhenAll(Enumerable.Range(1, AtOnce).Select(at =>
            Task.Run(() => AnswerDesk.GenerateAsync(engine, Request(length, plainTokens, ((((round + 1) * MostAnswers) + turn) * 1000) + at))))));
        return (alone, check, new Cost(together.Wall / AtOnce, together.Processor / AtOnce));
    }

    private static BenchmarkRow Row(string metric, string peer, List<Cost> ours, List<Cost> theirs, Func<Cost, double> of, Goal? goal) =>
        BenchmarkRow.Of(metric, peer, [.. ours.Select(of)], [.. theirs.Select(of)], goal);

    private static GenerationRequest Request(int length, int plainTokens, int seed)
    {
        var random = new Random(seed);
        return new GenerationRequest
        {
            Prompt = Enumerable.Range(0, PromptTokens).Select(_ => random.Next(plainTokens)).ToArray(),
            MaxTokens = length,
            Sampling = new SamplingOptions(1, Seed: (ulong)random.NextInt64()) { LogitBias = NoEnd(plainTokens) },
        };
    }

    /// <summary>A model that has said all would end before the length that is measured: its special tokens, the last ones, are made impossible.</summary>
    private static Dictionary<int, double> NoEnd(int plainTokens) =>
        Enumerable.Range(plainTokens, SpecialTokens).ToDictionary(static token => token, static _ => -SamplingOptions.MaxBias);

    private static void MustPass(CheckOutcome outcome, string model, int length)
    {
        if (outcome != CheckOutcome.Passed)
        {
            throw new BenchmarkFailedException($"an honest answer of {model} with {length} tokens did not pass: {outcome}");
        }
    }

    private sealed record Cost(double Wall, double Processor)
    {
        /// <summary>The cost of one of several works, done one after the other.</summary>
        public static async Task<Cost> OfAsync(int works, Func<int, Task> work)
        {
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            long started = Stopwatch.GetTimestamp();
            for (int at = 0; at < works; at++)
            {
                await work(at);
            }

            double wall = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            return new Cost(wall / works, (Process.GetCurrentProcess().TotalProcessorTime - before).TotalMilliseconds / works);
        }
    }
}
