using System.Diagnostics;
using System.Globalization;

namespace Ncn.Benchmarks.Edge;

/// <summary>Load by wrk, from the other cores.</summary>
internal sealed class Wrk(string program, IReadOnlyDictionary<string, string> environment)
{
    /// <summary>More than any contender answers in a second.</summary>
    private const int MostPaidRate = 12_000;

    public async Task<LoadFigures> RunAsync(Contender contender, int connections, int seconds)
    {
        string? payments = contender.Payments?.Invoke(MostPaidRate * seconds);
        double before = contender.Process == 0 ? 0 : Cores.UsedMicroseconds(contender.Process);
        string output = await OutputAsync(contender, connections, seconds, payments);
        double used = contender.Process == 0 ? 0 : Cores.UsedMicroseconds(contender.Process) - before;
        double[] figures = [.. Line(contender, output).Split(' ').Skip(1).Select(static number => double.Parse(number, CultureInfo.InvariantCulture))];
        if (figures[4] > figures[0] / 1000)
        {
            throw new BenchmarkFailedException($"{contender.Name} refused or lost {figures[4]} of {figures[0]} requests");
        }

        return new LoadFigures(figures[0] / (figures[1] / 1e6), figures[2], figures[3], used / Math.Max(1, figures[0]));
    }

    private static string Line(Contender contender, string output) =>
        output.Split('\n').FirstOrDefault(static line => line.StartsWith("figures ", StringComparison.Ordinal))
        ?? throw new BenchmarkFailedException($"wrk against {contender.Name} said: {output.Trim()}");

    private async Task<string> OutputAsync(Contender contender, int connections, int seconds, string? payments)
    {
        string script = Path.Combine(BenchmarkOptions.Root, "tests", "Ncn.Benchmarks", "scripts", "load.lua");
        var start = new ProcessStartInfo("taskset",
        [
            "-c", Cores.Others, program, "-t1", $"-c{connections}", $"-d{seconds}s", "--timeout", "20s", "-s", script, new Uri(contender.Url, "/v1/chat/completions").AbsoluteUri,
        ])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["BENCH_BODY"] = contender.Body;
        start.Environment["BENCH_HEADERS"] = string.Join('\n', contender.Headers.Select(static header => $"{header.Key}={header.Value}"));
        if (payments is not null)
        {
            start.Environment["BENCH_PAYMENTS"] = payments;
        }

        using Process wrk = Process.Start(start) ?? throw new BenchmarkFailedException("wrk cannot be started");
        Task<string> errors = wrk.StandardError.ReadToEndAsync();
        string output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        return output + await errors;
    }
}
