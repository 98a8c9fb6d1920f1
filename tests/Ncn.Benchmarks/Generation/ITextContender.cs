namespace Ncn.Benchmarks.Generation;

/// <summary>Something that completes texts, and can be timed beside others.</summary>
internal interface ITextContender : IAsyncDisposable
{
    string Name { get; }

    /// <summary>True when it gives every request as many tokens as it asks for.</summary>
    bool AnswersAll { get; }

    /// <summary>Runs the requests, which all arrive at once.</summary>
    Task<TextRun> RunAsync(IReadOnlyList<TextRequest> requests);
}

/// <summary>What one contender did in one round.</summary>
/// <param name="Seconds">From the arrival to the last token.</param>
/// <param name="ProcessorSeconds">CPU time that the process took meanwhile, over all cores.</param>
/// <param name="Answers">Each request's tokens.</param>
/// <param name="FirstTokenSeconds">From the arrival to each request's first token; none where that means nothing.</param>
internal sealed record TextRun(double Seconds, double ProcessorSeconds, IReadOnlyList<int[]> Answers, IReadOnlyList<double> FirstTokenSeconds)
{
    public double TokensPerSecond => Answers.Sum(answer => answer.Length) / Seconds;

    public double ProcessorMillisecondsPerToken => 1000 * ProcessorSeconds / Answers.Sum(answer => answer.Length);

    public double FirstTokenMedian => Reporting.Spread.Percentile([.. FirstTokenSeconds.Order()], 0.5);
}
