using System.Globalization;

namespace Ncn.Benchmarks;

/// <summary>What the command line asks for.</summary>
/// <param name="Names">Benchmarks to run.</param>
/// <param name="Quick">A short run that only shows that everything works.</param>
/// <param name="Provider">CPU or CUDA, for every contender.</param>
/// <param name="Threads">Threads of every contender's runtime; 0 leaves the choice to it.</param>
/// <param name="Folder">Where results go; written models are kept below it.</param>
/// <param name="Minutes">Length of the soak.</param>
internal sealed record BenchmarkOptions(IReadOnlyList<string> Names, bool Quick, string Provider, int Threads, string Folder, double Minutes)
{
    private const double MostMinutes = 24 * 60;
    private const int MostThreads = 1024;

    /// <summary>Rounds of which every contender runs all.</summary>
    public int Rounds => Quick ? 2 : 5;

    /// <summary>Where models that were written once lie.</summary>
    public string Models => Path.Combine(Folder, "models");

    /// <exception cref="FormatException">The command line cannot be understood; the message says what to change.</exception>
    public static BenchmarkOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions([], false, "CPU", 0, DefaultFolder(), 30);
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            options = name switch
            {
                "--quick" => options with { Quick = true },
                "--provider" => options with { Provider = ProviderName(Value(arguments, ++i, name)) },
                "--threads" => options with { Threads = ThreadsOf(Value(arguments, ++i, name)) },
                "--minutes" => options with { Minutes = MinutesOf(Value(arguments, ++i, name)) },
                _ when name.StartsWith('-') => throw new FormatException($"'{name}' is not an option; there are --quick, --provider cpu|cuda, --threads N and, for soak, --minutes N"),
                _ => options with { Names = [.. options.Names, name] },
            };
        }

        return options;
    }

    private static string Value(IReadOnlyList<string> arguments, int index, string option) =>
        index < arguments.Count ? arguments[index] : throw new FormatException($"{option} needs a value");

    private static string ProviderName(string value) => value.ToUpperInvariant() is "CPU" or "CUDA"
        ? value.ToUpperInvariant()
        : throw new FormatException($"--provider is cpu or cuda, not '{value}'");

    private static int ThreadsOf(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads <= MostThreads
            ? threads
            : throw new FormatException($"--threads is a number from 0 to {MostThreads}, not '{value}'");

    private static double MinutesOf(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double minutes) && minutes is >= 1 and <= MostMinutes
            ? minutes
            : throw new FormatException($"--minutes is a number from 1 to {MostMinutes}, not '{value}'");

    private static string DefaultFolder() =>
        Path.Combine(Environment.GetEnvironmentVariable("NCN_ROOT") ?? Environment.CurrentDirectory, "artifacts", "bench");
}
