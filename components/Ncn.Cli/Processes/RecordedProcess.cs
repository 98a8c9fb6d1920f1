using System.Diagnostics;
using System.Globalization;

namespace Ncn.Cli.Processes;

/// <summary>A process that we started, told apart from a later one with the same id by when it began.</summary>
/// <param name="Role">What it is, for messages.</param>
/// <param name="ProcessId">Its id.</param>
/// <param name="StartTicks">When the kernel started it: clock ticks since boot.</param>
internal sealed record RecordedProcess(string Role, int ProcessId, long StartTicks)
{
    /// <summary>Records a process that runs now.</summary>
    public static RecordedProcess Of(string role, int processId) =>
        new(role, processId, ReadStartTicks(processId) ?? throw new CliException($"{role} ended as soon as it was started."));

    /// <summary>True while this very process runs; a zombie does not.</summary>
    public bool IsRunning => ReadStartTicks(ProcessId) == StartTicks;

    /// <summary>Asks the process to stop, if it is still this one.</summary>
    public void Terminate() => Signal("-TERM");

    /// <summary>Ends the process, if it is still this one.</summary>
    public void Kill() => Signal("-KILL");

    /// <summary>Waits until the process is gone; false when the time is over first.</summary>
    public async Task<bool> WaitForExitAsync(TimeSpan limit)
    {
        for (var waited = Stopwatch.StartNew(); IsRunning; await Task.Delay(25))
        {
            if (waited.Elapsed > limit)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Field 22 of /proc/PID/stat (man proc_pid_stat); null when there is no such process or it is a zombie.</summary>
    private static long? ReadStartTicks(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            return null;
        }
    }

    private void Signal(string signal)
    {
        if (!IsRunning)
        {
            return;
        }

        using var kill = Process.Start("/bin/kill", [signal, ProcessId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
