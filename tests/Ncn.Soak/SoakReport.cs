using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ncn.Soak.Memory;

namespace Ncn.Soak;

/// <summary>How it went.</summary>
/// <param name="Minutes">What was asked for.</param>
/// <param name="Seconds">How long the load lasted.</param>
/// <param name="Survived">Whether the worker ran to the end.</param>
/// <param name="ExitCode">The worker's, after SIGTERM.</param>
/// <param name="Loads">Requests and failures by load.</param>
/// <param name="Memory">The trends that were judged.</param>
/// <param name="Samples">All looks at the worker's memory.</param>
internal sealed record SoakReport(
    double Minutes, double Seconds, bool Survived, int? ExitCode, IReadOnlyList<SoakTally> Loads, IReadOnlyList<MemoryTrend> Memory, IReadOnlyList<MemorySample> Samples)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Why the soak failed; none when it passed.</summary>
    public IReadOnlyList<string> Problems =>
    [
        .. Survived ? Array.Empty<string>() : [$"the worker ended after {Seconds:0} s with exit code {ExitCode}; see soak-worker.log"],
        .. Survived && ExitCode != 0 ? [$"the worker ended with exit code {ExitCode} when it was told to stop"] : Array.Empty<string>(),
        .. Loads.Where(load => load.Requests == 0).Select(load => $"{load.Name}: not one request"),
        .. Loads.Where(load => load.Failures > 0).Select(load => $"{load.Name}: {load.Failures} of {load.Requests} failed, such as {load.Messages[0]}"),
        .. Memory.Where(trend => !trend.IsSteady).Select(trend => trend.Samples < MemoryTrend.FewestSamples ? $"{trend.What}: too few samples" : $"memory grows: {trend}"),
    ];

    /// <summary>Writes soak.json and soak.md, and prints the table.</summary>
    public void Publish(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "soak.json"), JsonSerializer.Serialize(this, Json) + "\n");
        string text = Markdown();
        File.WriteAllText(Path.Combine(folder, "soak.md"), text);
        Console.WriteLine(text);
    }

    private string Markdown()
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"## soak, {Minutes:0.#} minutes\n\n| load | requests | failed | slowest, s |\n|---|---|---|---|\n"));
        foreach (SoakTally load in Loads)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {load.Name} | {load.Requests} | {load.Failures} | {load.SlowestSeconds:0.00} |\n");
        }

        text.Append('\n').AppendJoin('\n', Memory.Select(trend => $"- {trend}{(trend.IsSteady ? "" : " — NOT STEADY")}")).Append("\n\n");
        return Problems.Count == 0
            ? text.Append($"Passed: {Loads.Sum(load => load.Requests)} requests, none failed, no growth.\n").ToString()
            : text.Append("Failed:\n").AppendJoin('\n', Problems.Select(problem => "- " + problem)).Append('\n').ToString();
    }
}
