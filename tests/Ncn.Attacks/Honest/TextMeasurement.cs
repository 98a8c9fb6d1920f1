using Ncn.Attacks.Nodes;
using Ncn.Attacks.Reporting;
using Ncn.Inference.Repository;
using Ncn.Verification.Checks;

namespace Ncn.Attacks.Honest;

/// <summary>Honest answers of one model in all forms: one and two threads, alone and eight at once, decoded and re-run by prefill.</summary>
internal sealed class TextMeasurement
{
    private const int LeastLogprob = 4;
    private const int LeastMargin = 1024;
    private const int Safety = 8;
    private const int TokensAtMost = 64;

    private static readonly RunForm[] Forms = [new(1, 1, 1), new(2, 2, 1), new(1, 2, 8), new(2, 1, 8)];

    private TextMeasurement(string model, string provider, IReadOnlyList<TextRun> runs) => (Model, Provider, Runs) = (model, provider, runs);

    public string Model { get; }

    public string Provider { get; }

    public IReadOnlyList<TextRun> Runs { get; }

    /// <summary>Honest answers that failed, of all.</summary>
    public Share FalseFailures => new(Runs.Sum(run => run.Failed.Count), Runs.Sum(run => run.Answers));

    /// <param name="root">A repository's folder.</param>
    /// <param name="name">The model in it.</param>
    /// <param name="samples">Answers in each form.</param>
    /// <param name="plainTokens">As <see cref="Sample.Of"/> takes it.</param>
    public static async Task<TextMeasurement> RunAsync(string root, string name, int samples, int plainTokens)
    {
        await using ModelRepository single = ModelShelf.Repository(root, threads: 1, name);
        await using ModelRepository pair = ModelShelf.Repository(root, threads: 2, name);
        LoadedDecoder Of(int threads) => ModelShelf.Find(threads == 1 ? single : pair, name);
        var runs = new List<TextRun>();
        foreach (RunForm form in Forms)
        {
            var run = new TextRun(form, Of(form.Threads), Of(form.RerunThreads));
            int first = runs.Count * samples;
            await run.RunAsync(Enumerable.Range(first, samples).Select(number => Sample.Of(number, TokensAtMost, Sample.AllKinds, plainTokens)));
            runs.Add(run);
            Console.Error.WriteLine($"  {name}: {form}: largest distance {run.Distances.Largest}, {run.Margins.NotZero} of {run.Margins.Total} tokens drawn otherwise, largest margin {run.Margins.Largest}, {run.Failed.Count} of {run.Answers} failed");
            run.Failed.Take(5).ToList().ForEach(failure => Console.Error.WriteLine("    " + failure));
        }

        return new TextMeasurement(name, Of(1).Offer.ExecutionProvider, runs);
    }

    /// <summary>Eight times the largest that was seen, and at least what rounding alone can come to.</summary>
    public PairTolerance Tolerance()
    {
        Histogram distances = All(run => run.Distances);
        Histogram margins = All(run => run.Margins);
        var otherwise = new Share((int)margins.NotZero, (int)margins.Total);
        return new PairTolerance(Provider, Provider, Runs.Sum(run => run.Answers))
        {
            Text = new TextTolerance(
                Math.Max(LeastLogprob, (Safety * distances.Largest / 256) + 1), Math.Max(LeastMargin, Safety * margins.Largest), (long)Math.Ceiling(otherwise.UpperBound * 1e6)),
        };
    }

    /// <summary>What the tests of the sequential decision read.</summary>
    public object ToJson() => new
    {
        model = Model,
        pair = $"{Provider}-{Provider}",
        unit = "1/1048576 nat; each class is named by its upper end",
        runs = Runs.Select(run => new
        {
            generatedWithThreads = run.Form.Threads,
            rerunWithThreads = run.Form.RerunThreads,
            generatedAtOnce = run.Form.AtOnce,
            answers = run.Answers,
            tokens = run.Margins.Total,
            largestDistance = run.Distances.Largest,
            distances = run.Distances.Counts,
            drawnOtherwise = run.Margins.NotZero,
            largestMargin = run.Margins.Largest,
            margins = run.Margins.Counts,
            failed = run.Failed.Count,
        }).ToArray(),
        falseFailures = new { answers = FalseFailures.Trials, failed = FalseFailures.Hits, upper95PerMillion = (long)Math.Ceiling(FalseFailures.UpperBound * 1e6) },
    };

    private Histogram All(Func<TextRun, Histogram> of)
    {
        var all = new Histogram();
        foreach (TextRun run in Runs)
        {
            all.Add(of(run));
        }

        return all;
    }
}
