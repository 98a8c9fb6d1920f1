namespace Ncn.Serving.Tests.Crashes;

/// <summary>Which of the numbered steps of a request (ARCHITECTURE.md, "Complete Request Lifecycle") each of its points belongs to.</summary>
internal static class CrashSteps
{
    /// <summary>The client has been told the price.</summary>
    public const string Priced = "the client has the price";

    /// <summary>The node that began the answer has died.</summary>
    public const string NodeDied = "the first node has died";

    /// <summary>The node has signed its receipt.</summary>
    public const string Receipt = "a node has the receipt";

    /// <summary>The steps of the points, which never go back.</summary>
    public static IReadOnlyList<int> Of(IReadOnlyList<string> points)
    {
        var steps = new int[points.Count];
        for (var (i, step, isPriced) = (0, 1, false); i < points.Count; i++)
        {
            step = Math.Max(step, isPriced ? Math.Max(2, Begins(points[i], step)) : 1);
            isPriced |= points[i] == Priced;
            steps[i] = step;
        }

        return steps;
    }

    private static int Begins(string point, int step) =>
        point.StartsWith(Receipt, StringComparison.Ordinal) ? 8
        : point.StartsWith(NodeDied, StringComparison.Ordinal) ? 7
        : point.Contains("has a token", StringComparison.Ordinal) || point.Contains("has a piece", StringComparison.Ordinal) ? 6
        : point.Contains("authorize", StringComparison.Ordinal) || point.Contains("has the job", StringComparison.Ordinal) ? 5
        : point.Contains("node's channel", StringComparison.Ordinal) ? 4
        : point.Contains("client's channel", StringComparison.Ordinal) ? 3
        : step;
}
