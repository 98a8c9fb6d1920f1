using System.Globalization;

namespace Ncn.Soak;

/// <summary>What the command line asks for.</summary>
/// <param name="Length">How long the load lasts.</param>
/// <param name="Leak">Make the worker keep a megabyte a second, to see that the soak notices.</param>
/// <param name="Only">Only loads whose name contains this text, to find what makes memory grow; empty for all.</param>
/// <param name="Folder">Where results go.</param>
internal sealed record SoakOptions(TimeSpan Length, bool Leak, string Only, string Folder)
{
    private const double MostMinutes = 24 * 60;

    /// <summary>Time before memory counts: caches, arenas and compiled code settle. A quarter of the run.</summary>
    public TimeSpan Warmth => Length / 4;

    /// <summary>Time between two looks at the worker's memory: ten seconds, less in short runs.</summary>
    public TimeSpan SampleEvery => TimeSpan.FromSeconds(Math.Clamp(Length.TotalSeconds / 60, 1, 10));

    /// <exception cref="FormatException">The command line cannot be understood; the message says what to change.</exception>
    public static SoakOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new SoakOptions(TimeSpan.FromMinutes(30), false, "", DefaultFolder());
        for (int i = 0; i < arguments.Count; i++)
        {
            options = arguments[i] switch
            {
                "--minutes" => options with { Length = Minutes(i + 1 < arguments.Count ? arguments[++i] : "") },
                "--only" => options with { Only = i + 1 < arguments.Count ? arguments[++i] : "" },
                "--leak" => options with { Leak = true },
                _ => throw new FormatException($"'{arguments[i]}' is not an option; there are --minutes N, --only TEXT and --leak"),
            };
        }

        return options;
    }

    private static TimeSpan Minutes(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double minutes) && minutes is >= 1 and <= MostMinutes
            ? TimeSpan.FromMinutes(minutes)
            : throw new FormatException($"--minutes is a number from 1 to {MostMinutes}, not '{value}'");

    private static string DefaultFolder() =>
        Path.Combine(Environment.GetEnvironmentVariable("NCN_ROOT") ?? Environment.CurrentDirectory, "artifacts", "bench");
}
