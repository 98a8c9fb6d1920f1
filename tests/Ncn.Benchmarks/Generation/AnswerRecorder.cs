using System.Diagnostics;

namespace Ncn.Benchmarks.Generation;

/// <summary>Collects one round's tokens as they come, with the time of each request's first.</summary>
internal sealed class AnswerRecorder
{
    private readonly List<int>[] _answers;
    private readonly double[] _first;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processor = Environment.CpuUsage.TotalTime;

    public AnswerRecorder(int requests)
    {
        _answers = [.. Enumerable.Range(0, requests).Select(_ => new List<int>())];
        _first = new double[requests];
    }

    public void Add(int request, int token)
    {
        if (_answers[request].Count == 0)
        {
            _first[request] = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        }

        _answers[request].Add(token);
    }

    public int Count(int request) => _answers[request].Count;

    public TextRun Finish() => new(
        Stopwatch.GetElapsedTime(_started).TotalSeconds, (Environment.CpuUsage.TotalTime - _processor).TotalSeconds,
        [.. _answers.Select(answer => answer.ToArray())], _first);
}
