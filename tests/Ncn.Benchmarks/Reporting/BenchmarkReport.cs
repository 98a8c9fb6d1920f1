using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ncn.Benchmarks.Reporting;

/// <summary>A benchmark's result: its rows, and what a reader must know to trust them.</summary>
/// <param name="Name">The benchmark's name.</param>
/// <param name="Machine">Where it ran.</param>
/// <param name="Rounds">Rounds of which each contender ran all, in turning order.</param>
/// <param name="Quick">True for a short run, whose figures prove nothing.</param>
/// <param name="Rows">The comparisons.</param>
/// <param name="Notes">What was measured, and checks that were made beside.</param>
internal sealed record BenchmarkReport(
    string Name, Machine Machine, int Rounds, bool Quick, IReadOnlyList<BenchmarkRow> Rows, IReadOnlyList<string> Notes)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes NAME.json and NAME.md, and prints the table.</summary>
    public void Publish(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, Name + ".json"), JsonSerializer.Serialize(this, Json) + "\n");
        string text = Markdown();
        File.WriteAllText(Path.Combine(folder, Name + ".md"), text);
        Console.WriteLine(text);
    }

    private string Markdown()
    {
        var text = new StringBuilder();
        text.Append($"## {Name}{(Quick ? " (quick: figures prove nothing)" : "")}\n\n{Machine}; {Rounds} interleaved rounds, median (least–most)\n\n");
        text.Append("| metric | ours | peer | peer's | ours ÷ peer | goal | |\n|---|---|---|---|---|---|---|\n");
        foreach (BenchmarkRow row in Rows)
        {
            text.Append($"| {row.Metric} | {row.Ours} | {row.Peer} | {row.Theirs} | {row.Ratio} | {row.Goal} | {row.Verdict} |\n");
        }

        return text.Append('\n').AppendJoin('\n', Notes.Select(note => "- " + note)).Append('\n').ToString();
    }
}
