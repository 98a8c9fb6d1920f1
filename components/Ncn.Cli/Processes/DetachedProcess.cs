using System.Diagnostics;

namespace Ncn.Cli.Processes;

/// <summary>Starts a program in a session of its own, so that it outlives this process and its terminal.</summary>
internal static class DetachedProcess
{
    // exec twice keeps one process id from the shell over setsid to the program.
    private const string Script = """log="$1"; shift; exec setsid "$@" </dev/null >>"$log" 2>&1""";

    /// <summary>Starts the program; its output is appended to a log file.</summary>
    public static RecordedProcess Start(string role, string logFile, IEnumerable<string> command, IReadOnlyDictionary<string, string> environment)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(logFile)!);
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", logFile, .. command]) { UseShellExecute = false };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        return RecordedProcess.Of(role, process.Id);
    }
}
