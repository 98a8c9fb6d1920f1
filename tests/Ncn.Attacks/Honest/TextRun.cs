using Ncn.Attacks.Nodes;
using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Generation;
using Ncn.Inference.Repository;
using Ncn.Protocol;
using Ncn.Verification.Checks;

namespace Ncn.Attacks.Honest;

/// <summary>How honest answers were made and re-run.</summary>
/// <param name="Threads">Threads of the runtime that generated.</param>
/// <param name="RerunThreads">Threads of the runtime that ran them again.</param>
/// <param name="AtOnce">Requests that were generated side by side.</param>
internal sealed record RunForm(int Threads, int RerunThreads, int AtOnce);

/// <summary>Honest answers, each generated on one runtime and re-run on another.</summary>
internal sealed class TextRun(RunForm form, LoadedDecoder generator, LoadedDecoder checker)
{
    public RunForm Form => form;

    /// <summary>Largest differences of a log-probability, one for each token.</summary>
    public Histogram Distances { get; } = new();

    /// <summary>Margins, one for each token; 0 where both draw the same.</summary>
    public Histogram Margins { get; } = new();

    public int Answers { get; private set; }

    /// <summary>Honest answers that the check failed, by the tolerances that lie beside the model.</summary>
    public List<string> Failed { get; } = [];

    /// <summary>True when the model has tolerances, so that failures mean something.</summary>
    public bool IsJudged { get; private set; } = true;

    public async Task RunAsync(IEnumerable<Sample> samples)
    {
        using var node = new AttackNode(generator);
        using var validator = new Validator(checker);
        foreach (Sample[] group in samples.Chunk(form.AtOnce))
        {
            (GenerationRequest Asked, Draft Draft)[] answers = await Task.WhenAll(group.Select(async sample =>
            {
                var input = (JobInput.Generate)JobInput.Parse(sample.Input, generator, sample.Seed);
                return (input.Request, await Draft.GeneratedAsync(generator.Engine, input.Request));
            }));
            foreach ((Sample sample, (GenerationRequest asked, Draft draft)) in group.Zip(answers))
            {
                await MeasureAsync(asked, draft);
                Signed<InferenceJob> job = node.Job(sample.Input, sample.Seed);
                ReceiptEvidence evidence = node.Sign(job, sample.Input, (uint)asked.Prompt.Length, draft, static receipt => receipt).Evidence;
                Count(await validator.JudgeAsync(evidence), sample);
            }
        }
    }

    private void Count(CheckOutcome outcome, Sample sample)
    {
        Answers++;
        IsJudged &= outcome.Result != CheckResult.Unchecked;
        if (outcome.CountsAsFailed)
        {
            Failed.Add($"{sample.Kind}: {outcome}");
        }
    }

    private async Task MeasureAsync(GenerationRequest asked, Draft draft)
    {
        ReplayReport report = await checker.Engine.ReplayAsync(asked, draft.Tokens, static _ => true, CancellationToken.None);
        foreach (ScoredPosition scored in report.Scored)
        {
            Distances.Add(Distance(draft.Top[scored.Position], scored.Top));
        }

        Dictionary<int, int> doubts = report.Doubts.ToDictionary(doubt => doubt.Position, doubt => doubt.Steps);
        for (int position = 0; position < draft.Tokens.Length; position++)
        {
            Margins.Add(doubts.GetValueOrDefault(position));
        }

        if (report.Finish is null)
        {
            Margins.Add(report.StopSteps);
        }
    }

    /// <summary>By the rule of <see cref="FingerprintDistance"/>, without its rounding.</summary>
    private static long Distance(IReadOnlyList<TokenLogprob> one, IReadOnlyList<TokenLogprob> other)
    {
        double largest = Math.Max(Above(one, other), Above(other, one));
        return (long)Math.Ceiling(largest * (1 << 20));
    }

    private static double Above(IReadOnlyList<TokenLogprob> one, IReadOnlyList<TokenLogprob> other) => one.Max(token =>
    {
        int at = other.ToList().FindIndex(found => found.TokenId == token.TokenId);
        return at >= 0 ? Math.Abs((double)token.Logprob - other[at].Logprob) : Math.Max(0, (double)token.Logprob - other[^1].Logprob);
    });
}
