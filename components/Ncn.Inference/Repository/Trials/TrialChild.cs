using System.Diagnostics;
using System.Text.Json;

namespace Ncn.Inference.Repository.Trials;

/// <summary>How a trial process is started.</summary>
/// <param name="FileName">The executable.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record TrialCommand(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>Starts a .NET program with the runtime that runs this process.</summary>
    /// <param name="assembly">The program's assembly; its Main has to hand over to <see cref="TrialProcess.Run"/> on <see cref="TrialProcess.Argument"/>.</param>
    public static TrialCommand For(System.Reflection.Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        string runtime = System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory();
        string host = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        string program = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".dll");
        return File.Exists(host) && File.Exists(program)
            ? new TrialCommand(host, ["exec", program, TrialProcess.Argument])
            : new TrialCommand(Environment.ProcessPath!, [TrialProcess.Argument]);
    }
}

/// <summary>A running trial process.</summary>
internal sealed class TrialChild : IDisposable
{
    private const int ComplaintCharacters = 200;

    /// <summary>What a trial needs of this process's environment. Settings, and so secrets, are not among it.</summary>
    private static readonly string[] Kept = ["PATH", "HOME", "TMPDIR", "LANG", "LD_LIBRARY_PATH", "DOTNET_ROOT", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"];

    private readonly Process _process;
    private volatile string _complaint = "";

    private TrialChild(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginErrorReadLine();
    }

    public static TrialChild Start(TrialCommand command)
    {
        var start = new ProcessStartInfo(command.FileName, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Except(Kept).ToArray())
        {
            start.Environment.Remove(name);
        }

        return new TrialChild(Process.Start(start) ?? throw new InvalidOperationException($"{command.FileName} could not be started to try models out."));
    }

    /// <summary>The answer; or, when the process ended or hangs, null and what happened, in words for the operator.</summary>
    public (TrialProcess.Answer? Answer, string Ending) Ask(string line, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            _process.StandardInput.WriteLine(line);
            _process.StandardInput.Flush();
            TrialProcess.Answer? answer = Read(limit.Token);
            return (answer, answer is null ? Ended() : "");
        }
        catch (IOException)
        {
            return (null, Ended());
        }
        catch (OperationCanceledException)
        {
            return (null, $"it could not be loaded and run once within {patience.TotalSeconds:0} s ({nameof(InferenceOptions.TrialSeconds)}), so it is not loaded");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    private TrialProcess.Answer? Read(CancellationToken cancellationToken)
    {
        while (_process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().GetAwaiter().GetResult() is { } line)
        {
            if (line.StartsWith(TrialProcess.AnswerMark, StringComparison.Ordinal))
            {
                return JsonSerializer.Deserialize<TrialProcess.Answer>(line.AsSpan(TrialProcess.AnswerMark.Length), TrialProcess.Json);
            }
        }

        return null;
    }

    /// <summary>Only meant where the process has closed its output, and so ends.</summary>
    private string Ended()
    {
        if (!_process.WaitForExit(TimeSpan.FromSeconds(1)))
        {
            return "the process that tried it out fell silent, so it is not loaded";
        }

        string how = _process.ExitCode > 128 ? $"signal {_process.ExitCode - 128}" : $"exit code {_process.ExitCode}";
        return $"it ended the process that tried it out ({how}{(_complaint.Length > 0 ? ": " + _complaint : "")}), so it is not loaded; the file is broken or hostile, or needs more memory than it may take";
    }

    private void Note(string? line)
    {
        if (_complaint.Length == 0 && !string.IsNullOrWhiteSpace(line))
        {
            string clean = string.Concat(line.Trim().Where(letter => !char.IsControl(letter)));
            _complaint = clean.Length <= ComplaintCharacters ? clean : clean[..ComplaintCharacters] + "…";
        }
    }
}
