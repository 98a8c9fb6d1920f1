using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Ncn.LocalRuntime.Configuration;

namespace Ncn.LocalRuntime.Supervision;

/// <summary>What to start. <paramref name="DeathSignal"/> is what the kernel sends it when the runtime dies, even by kill -9.</summary>
internal sealed record ChildSpec(string Name, string Directory, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment, string DeathSignal = "KILL");

/// <summary>
/// A child that cannot outlive the runtime. 1. <c>setpriv --pdeathsig</c> asks the kernel for a signal at the parent's
/// death, and execs. 2. A shell checks that the parent is still this process (it may have died before 1), and execs the
/// command, so that the process id is the command's own. 3. The signal is bound to the thread that forks, therefore all
/// children are started from one thread that lives as long as the process.
/// </summary>
internal sealed partial class ChildProcess
{
    private const string CheckParent = "test \"$PPID\" = \"$0\" || exit 71; exec \"$@\"";
    private static readonly BlockingCollection<(Process Process, TaskCompletionSource Started)> Requests = StartThread();
    private readonly Process process;

    private ChildProcess(Process process) => this.process = process;

    public int Id => process.Id;

    public DateTimeOffset StartTime { get; private init; }

    public static async Task<ChildProcess> StartAsync(ChildSpec spec, Action<string> output)
    {
        var process = new Process { StartInfo = ToStartInfo(spec) };
        process.OutputDataReceived += (_, line) => Forward(line.Data, output);
        process.ErrorDataReceived += (_, line) => Forward(line.Data, output);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add((process, started));
        await started.Task;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProcess(process) { StartTime = DateTimeOffset.UtcNow };
    }

    public async Task<int> WaitAsync()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Asks it to end, and ends it when it has not within the grace period.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        const int Terminate = 15;
        if (!process.HasExited && SendSignal(process.Id, Terminate) == 0)
        {
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(grace));
        }

        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        await process.WaitForExitAsync();
    }

    private static ProcessStartInfo ToStartInfo(ChildSpec spec)
    {
        var info = new ProcessStartInfo(FindSetpriv()) { WorkingDirectory = spec.Directory, RedirectStandardOutput = true, RedirectStandardError = true };
        var parent = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        foreach (var argument in (string[])["--pdeathsig", spec.DeathSignal, "--", "/bin/sh", "-c", CheckParent, parent, .. spec.Command])
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in spec.Environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    private static string FindSetpriv() =>
        ((string[])["/usr/bin/setpriv", "/bin/setpriv"]).FirstOrDefault(File.Exists)
        ?? throw new ConfigurationException("setpriv is not installed; it is part of util-linux (Debian: apt-get install util-linux).");

    private static void Forward(string? line, Action<string> output)
    {
        if (line is not null)
        {
            output(line);
        }
    }

    private static BlockingCollection<(Process, TaskCompletionSource)> StartThread()
    {
        var requests = new BlockingCollection<(Process Process, TaskCompletionSource Started)>();
        new Thread(() =>
        {
            foreach (var (process, started) in requests.GetConsumingEnumerable())
            {
                StartOne(process, started);
            }
        })
        { IsBackground = true, Name = "parent of the children" }.Start();
        return requests;
    }

    private static void StartOne(Process process, TaskCompletionSource started)
    {
        try
        {
            process.Start();
            started.SetResult();
        }
        catch (Exception error)
        {
            started.SetException(error);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int processId, int signal);
}
