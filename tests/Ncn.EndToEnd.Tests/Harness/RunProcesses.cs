using System.Globalization;

namespace Ncn.EndToEnd.Tests.Harness;

/// <summary>Processes of one run, found by the mark in their environment.</summary>
internal static class RunProcesses
{
    public static IReadOnlyList<string> Find(string runId) =>
        [.. Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Where(folder => Read(folder, "environ").Split('\0').Contains($"NCN_RUN_ID={runId}"))
            .Select(folder => Read(folder, "cmdline").Replace('\0', ' '))];

    private static string Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or of another user: not of this run.
            return "";
        }
    }
}
