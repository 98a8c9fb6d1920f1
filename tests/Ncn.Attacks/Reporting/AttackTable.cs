using System.Text;
using Ncn.Attacks.Nodes;

namespace Ncn.Attacks.Reporting;

/// <summary>What was found of one cheat.</summary>
/// <param name="Samples">Answers that were checked.</param>
/// <param name="Harmless">Those that were the honest answer, token for token, and were passed: there is nothing to find.</param>
/// <param name="Caught">The others, and how many of them failed.</param>
/// <param name="Refused">Answers that an honest gateway did not take at all.</param>
/// <param name="Reasons">Why they failed.</param>
internal sealed record AttackRow(string Cheat, int Samples, int Harmless, Share Caught, int Refused, IReadOnlyDictionary<string, int> Reasons)
{
    public static AttackRow Of(string cheat, IReadOnlyCollection<TrialResult> results)
    {
        int caught = results.Count(result => result.Outcome.CountsAsFailed);
        int harmless = results.Count(result => result.IsHarmless);
        return new AttackRow(
            cheat, results.Count, harmless, new Share(caught, results.Count - harmless), results.Count(result => result.GatewayRefused),
            results.Where(result => result.Outcome.CountsAsFailed).CountBy(result => result.Outcome.Reason.ToString()).OrderByDescending(pair => pair.Value)
                .ToDictionary(pair => pair.Key, pair => pair.Value));
    }

    /// <summary>Of all answers, harmless ones too.</summary>
    public Share PerSample => new(Caught.Hits, Samples);
}

/// <summary>The table of attacks on one model.</summary>
internal static class AttackTable
{
    /// <summary>Runs every cheat on so many samples.</summary>
    public static async Task<IReadOnlyList<AttackRow>> RunAsync(ModelShelf shelf, int samples, int plainTokens, uint maxTokens, int atOnce = 8)
    {
        using var trial = new Trial(shelf);
        var rows = new List<AttackRow>();
        foreach (Cheat cheat in (IEnumerable<Cheat>)[Cheat.Honest, .. Cheat.All])
        {
            var results = new List<TrialResult>();
            foreach (int[] group in Enumerable.Range(0, samples).Chunk(atOnce))
            {
                results.AddRange(await Task.WhenAll(group.Select(number => trial.RunAsync(
                    cheat, Sample.Of(number, maxTokens, Sample.FreeKinds, plainTokens), Sample.Of(number + 1_000_003, maxTokens, Sample.FreeKinds, plainTokens)))));
            }

            rows.Add(AttackRow.Of(cheat.Name, results));
            Console.Error.WriteLine($"  {rows[^1].Cheat}: {rows[^1].PerSample} of all, {rows[^1].Caught} of those that differ; {string.Join(", ", rows[^1].Reasons.Select(pair => $"{pair.Key} {pair.Value}"))}");
        }

        return rows;
    }

    public static string Markdown(string model, IReadOnlyList<AttackRow> rows)
    {
        var text = new StringBuilder($"\n{model}\n\n| the node | samples | the honest answer all the same | caught, of the others | caught, of all | why | an honest gateway refuses |\n|---|---|---|---|---|---|---|\n");
        foreach (AttackRow row in rows)
        {
            text.Append($"| {row.Cheat} | {row.Samples} | {row.Harmless} | {row.Caught} | {row.PerSample} | {string.Join(", ", row.Reasons.Select(pair => $"{pair.Key} {pair.Value}"))} | {row.Refused} |\n");
        }

        return text.ToString();
    }
}
