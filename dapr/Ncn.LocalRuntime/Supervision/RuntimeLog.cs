using System.Globalization;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>The runtime's own log: one line per event on standard output, and in <c>STATE/logs/runtime.log</c> once that is open.</summary>
internal static class RuntimeLog
{
    private static LogFile? file;

    public static void Open(string directory) => file = new LogFile(Path.Combine(directory, "runtime.log"));

    public static void Write(string subject, string message)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {subject}: {message}");
        Console.WriteLine(line);
        file?.WriteLine(line);
    }
}
