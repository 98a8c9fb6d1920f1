using System.Globalization;

namespace Ncn.Cli.Processes;

/// <summary>Finds every process of one run by a random mark in its environment, which children inherit, restarted ones too.</summary>
internal static class RunMembers
{
    /// <summary>The environment variable that carries the mark.</summary>
    public const string Variable = "NCN_RUN_ID";

    /// <summary>Processes of the run that are running now, this process excepted.</summary>
    public static IReadOnlyList<RecordedProcess> Find(string runId)
    {
        var mark = $"{Variable}={runId}";
        return [.. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && id != Environment.ProcessId && HasMark(id, mark))
            .Select(TryRecord)
            .OfType<RecordedProcess>()];
    }

    private static bool HasMark(int processId, string mark)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/environ").Split('\0').Contains(mark, StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or of another user: not of this run.
            return false;
        }
    }

    private static RecordedProcess? TryRecord(int processId)
    {
        try
        {
            return RecordedProcess.Of(CommandName(processId), processId);
        }
        catch (CliException)
        {
            return null;
        }
    }

    private static string CommandName(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/comm").Trim();
        }
        catch (IOException)
        {
            return "process";
        }
    }
}
