using System.Globalization;

namespace Ncn.Benchmarks;

/// <summary>What the command line asks for.</summary>
/// <param name="Names">Benchmarks to run.</param>
/// <param name="Quick">A short run that only shows that everything works.</param>
/// <param name="Provider">CPU or CUDA, for every contender.</param>
/// <param name="Threads">Threads of every contender's runtime; 0 leaves the choice to it.</param>
/// <param name="ChosenRounds">Rounds that the caller wants; 0 leaves the choice to the benchmark.</param>
/// <param name="Folder">Where results go; written models are kept below it.</param>
internal sealed record BenchmarkOptions(IReadOnlyList<string> Names, bool Quick, string Provider, int Threads, int ChosenRounds, string Folder)
{
    private const int MostOfAnything = 1024;

    /// <summary>Rounds of which every contender runs all: what the caller wants, or <paramref name="usual"/>, or 2 in a quick run.</summary>
    public int Rounds(int usual) => ChosenRounds > 0 ? ChosenRounds : Quick ? 2 : usual;

    /// <summary>Where models that were written once lie.</summary>
    public string Models => Path.Combine(Folder, "models");

    /// <exception cref="FormatException">The command line cannot be understood; the message says what to change.</exception>
    public static BenchmarkOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions([], false, "CPU", 0, 0, DefaultFolder());
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            options = name switch
            {
                "--quick" => options with { Quick = true },
                "--provider" => options with { Provider = ProviderName(Value(arguments, ++i, name)) },
                "--threads" => options with { Threads = Number(Value(arguments, ++i, name), name) },
                "--rounds" => options with { ChosenRounds = Number(Value(arguments, ++i, name), name) },
                _ when name.StartsWith('-') => throw new FormatException($"'{name}' is not an option; there are --quick, --provider cpu|cuda, --threads N and --rounds N"),
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

    private static int Number(string value, string option) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= MostOfAnything
            ? number
            : throw new FormatException($"{option} is a number from 0 to {MostOfAnything}, not '{value}'");

    /// <summary>The repository.</summary>
    public static string Root => Environment.GetEnvironmentVariable("NCN_ROOT") ?? Environment.CurrentDirectory;

    private static string DefaultFolder() => Path.Combine(Root, "artifacts", "bench");
}
