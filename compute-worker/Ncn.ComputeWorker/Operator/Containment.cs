using System.Globalization;

namespace Ncn.ComputeWorker.Operator;

/// <summary>What the kernel says about this process's limits; a text is null where the kernel has no such file.</summary>
/// <param name="Status">/proc/self/status.</param>
/// <param name="MaxMemory">memory.max of the process's control group: bytes, or "max".</param>
/// <param name="MaxProcesses">pids.max of it: a number, or "max".</param>
/// <param name="MountInfo">/proc/self/mountinfo.</param>
public sealed record ContainmentFacts(string? Status, string? MaxMemory, string? MaxProcesses, string? MountInfo);

/// <summary>
/// Whether this process is contained: a model file or a request that takes it over must find nothing to go on with. Pure, but for
/// <see cref="Read"/>. The images and manifests set all of it; elsewhere the operator is told what is missing.
/// </summary>
public static class Containment
{
    private const string Groups = "/sys/fs/cgroup";

    /// <summary>What is missing, in words for the operator; empty when the process is contained.</summary>
    public static IReadOnlyList<string> Gaps(ContainmentFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        Dictionary<string, string> status = Fields(facts.Status);
        (bool IsMissing, string Words)[] gaps =
        [
            (status.GetValueOrDefault("Uid", "0").Split('\t')[0] == "0", "it runs as root (run it as an unprivileged user)"),
            (IsNot(status, "NoNewPrivs", "1"), "it may gain privileges (set no-new-privileges, allowPrivilegeEscalation: false)"),
            (!HasNoCapabilities(status), "it has capabilities (drop ALL)"),
            (IsNot(status, "Seccomp", "2"), "no seccomp filter is on (use the runtime's default profile)"),
            (!IsRootReadOnly(facts.MountInfo), "the root file system can be written (mount it read-only)"),
            (!IsNumber(facts.MaxMemory), "its memory has no limit"),
            (!IsNumber(facts.MaxProcesses), "its number of processes has no limit"),
        ];
        return [.. gaps.Where(static gap => gap.IsMissing).Select(static gap => gap.Words)];
    }

    /// <summary>Asks the kernel.</summary>
    public static ContainmentFacts Read() => new(
        Text("/proc/self/status"), Text(Path.Combine(Groups, "memory.max")), Text(Path.Combine(Groups, "pids.max")), Text("/proc/self/mountinfo"));

    private static string? Text(string path) => File.Exists(path) ? File.ReadAllText(path) : null;

    private static Dictionary<string, string> Fields(string? status) => (status ?? "").Split('\n')
        .Select(static line => line.Split(':', 2)).Where(static parts => parts.Length == 2)
        .GroupBy(static parts => parts[0], StringComparer.Ordinal)
        .ToDictionary(static group => group.Key, static group => group.First()[1].Trim(), StringComparer.Ordinal);

    private static bool IsNot(Dictionary<string, string> status, string name, string wanted) => status.GetValueOrDefault(name) != wanted;

    private static bool HasNoCapabilities(Dictionary<string, string> status) =>
        ulong.TryParse(status.GetValueOrDefault("CapEff"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong held) && held == 0;

    private static bool IsNumber(string? limit) => ulong.TryParse(limit?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    /// <summary>The line of the mount at "/": its fifth field is the mount point, its sixth the options (proc_pid_mountinfo(5)).</summary>
    private static bool IsRootReadOnly(string? mounts) => (mounts ?? "").Split('\n').Select(static line => line.Split(' '))
        .LastOrDefault(static fields => fields.Length > 5 && fields[4] == "/") is { } root && root[5].Split(',').Contains("ro");
}
