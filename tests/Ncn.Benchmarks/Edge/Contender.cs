namespace Ncn.Benchmarks.Edge;

/// <summary>Somebody who answers chat completions on the measured core.</summary>
/// <param name="Url">Where it answers <c>POST /v1/chat/completions</c>.</param>
/// <param name="Process">Its process, children of which count too; 0 where nobody's time is counted.</param>
internal sealed record Contender(string Name, Uri Url, int Process)
{
    public string Model { get; init; } = MockModel.Free.Name;

    public bool Streams { get; init; }

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes a file of so many payment headers; null for one that is not paid.</summary>
    public Func<int, string>? Payments { get; init; }

    public string Body =>
        $$"""{"model":"{{Model}}","max_tokens":128,"stream":{{(Streams ? "true" : "false")}},"messages":[{"role":"user","content":"Say one word."}]}""";
}

/// <summary>What one run of load gave.</summary>
/// <param name="Rate">Answers a second.</param>
/// <param name="P50">Microseconds.</param>
/// <param name="P99">Microseconds.</param>
/// <param name="Cpu">CPU time of the contender for one answer, microseconds.</param>
internal sealed record LoadFigures(double Rate, double P50, double P99, double Cpu);
