using System.Diagnostics;
using System.Globalization;

namespace Ncn.Benchmarks.Edge;

/// <summary>One core is the measured program's, the others are for load and upstream. On a machine with one core all share it.</summary>
internal static class Cores
{
    public const string Measured = "0";

    public static string Others => Environment.ProcessorCount > 1 ? $"1-{Machine - 1}" : Measured;

    public static string All => $"0-{Machine - 1}";

    // The process may be pinned already, and then ProcessorCount is what is left to it.
    private static readonly int Machine = File.ReadLines("/proc/cpuinfo").Count(static line => line.StartsWith("processor", StringComparison.Ordinal));

    /// <summary>Moves a running process with all its threads.</summary>
    public static void Pin(int process, string cores) => Tool.Run("taskset", ["-a", "-c", "-p", cores, process.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>Starts a program on these cores.</summary>
    public static Process Start(string cores, string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("taskset", ["-c", cores, file, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start) ?? throw new BenchmarkFailedException($"{file} cannot be started");
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>CPU time that a process and its children have used so far, microseconds; in steps of the kernel's clock.</summary>
    public static double UsedMicroseconds(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        const double MicrosecondsInATick = 10_000; // USER_HZ is 100 for every program
        double own = (ulong.Parse(fields[11], CultureInfo.InvariantCulture) + ulong.Parse(fields[12], CultureInfo.InvariantCulture)) * MicrosecondsInATick;
        return own + File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Sum(static child => UsedMicroseconds(int.Parse(child, CultureInfo.InvariantCulture)));
    }
}
