namespace Ncn.Hosting;

/// <summary>How fast a request's body must come, and who is asked before memory is taken for it.</summary>
public sealed record BodyRules
{
    /// <summary>What every app holds its callers to unless it says otherwise.</summary>
    public static BodyRules Default { get; } = new();

    /// <summary>How long a body may take that brings nothing at all.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>What it must bring on average after that, bytes a second: at least 1.</summary>
    public int BytesPerSecond { get; init; } = 240;

    /// <summary>How long it may take at most, however fast it comes.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Asked before each piece of so many bytes is kept; refuses by an exception of the app's own.</summary>
    public Action<int>? Keep { get; init; }

    /// <summary>How long a body of so many bytes may have taken.</summary>
    internal TimeSpan Allowed(long bytes)
    {
        var paced = Grace + TimeSpan.FromSeconds((double)bytes / BytesPerSecond);
        return paced < Longest ? paced : Longest;
    }
}
