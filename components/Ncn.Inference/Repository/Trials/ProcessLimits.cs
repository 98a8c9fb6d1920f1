using System.Globalization;
using System.Runtime.InteropServices;

namespace Ncn.Inference.Repository.Trials;

/// <summary>
/// What Linux can do so that this process comes to harm before others do. Elsewhere, and where a sandbox forbids it, nothing: a trial
/// without limits is still a trial.
/// </summary>
internal static partial class ProcessLimits
{
    private const int DataSize = 2;
    private const int CoreSize = 4;
    private const ulong NoLimit = ulong.MaxValue;

    /// <summary>When memory runs out the kernel ends this process first; and it leaves no core file.</summary>
    public static void PreferAsVictim()
    {
        if (OperatingSystem.IsLinux())
        {
            WriteScore();
            SetLimit(CoreSize, new Limit(0, 0));
        }
    }

    /// <summary>Lets this process take <paramref name="bytes"/> of memory on top of what it has now.</summary>
    public static void AllowMore(long bytes)
    {
        if (OperatingSystem.IsLinux())
        {
            SetLimit(DataSize, new Limit(checked(DataBytes() + (ulong)bytes), NoLimit));
        }
    }

    private static ulong DataBytes()
    {
        const string name = "VmData:";
        string line = File.ReadLines("/proc/self/status").First(text => text.StartsWith(name, StringComparison.Ordinal));
        return ulong.Parse(line.AsSpan(name.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }

    private static void WriteScore()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The kernel does not let this process be ended first: {exception.Message}");
        }
    }

    private static void SetLimit(int resource, Limit limit)
    {
        if (SetResourceLimit(resource, in limit) != 0)
        {
            Console.Error.WriteLine($"A limit of this process could not be set: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetResourceLimit(int resource, in Limit limit);
}
