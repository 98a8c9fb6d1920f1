using System.Diagnostics;
using Ncn.Benchmarks.Reporting;

namespace Ncn.Benchmarks.Edge;

/// <summary>Reads paced streams and looks at the time between their events.</summary>
internal static class PacedStream
{
    /// <summary>99 % of the gaps are at most this far from the pace, microseconds.</summary>
    public static async Task<double> JitterAsync(Contender contender, int streams)
    {
        using var http = new HttpClient();
        List<double>[] all = await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => ReadAsync(http, contender)));
        double[] sorted = [.. all.SelectMany(static gaps => gaps).Order()];
        return sorted.Length > 0 ? Spread.Percentile(sorted, 0.99) : throw new BenchmarkFailedException($"{contender.Name} streamed nothing");
    }

    private static async Task<List<double>> ReadAsync(HttpClient http, Contender contender)
    {
        using HttpRequestMessage request = Ready.Request(contender);
        using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
        var gaps = new List<double>();
        long last = 0;
        while (await lines.ReadLineAsync() is { } line)
        {
            if (line.Contains(MockModel.Piece, StringComparison.Ordinal))
            {
                long now = Stopwatch.GetTimestamp();
                if (last != 0)
                {
                    gaps.Add(Math.Abs(Stopwatch.GetElapsedTime(last, now).TotalMicroseconds - MockModel.Paced.Pace.TotalMicroseconds));
                }

                last = now;
            }
        }

        return gaps;
    }
}
