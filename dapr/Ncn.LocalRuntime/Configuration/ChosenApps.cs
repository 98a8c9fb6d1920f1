using System.Globalization;
using System.Text.RegularExpressions;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>
/// Leaves out the apps that nobody asked for. Where another app's environment lists a left-out app's address, the address goes too;
/// workers count as asked for, since <see cref="Replicas"/> chooses them.
/// </summary>
internal static partial class ChosenApps
{
    private const string WorkerPrefix = "compute-";

    public static IReadOnlyList<AppSpec> Apply(IReadOnlyList<AppSpec> apps, IReadOnlySet<string> wanted)
    {
        if (wanted.Count == 0)
        {
            return apps;
        }

        var unknown = wanted.Except(apps.Select(static app => app.AppId)).Order(StringComparer.Ordinal).ToArray();
        if (unknown.Length > 0)
        {
            throw new ConfigurationException($"--apps: the run template has no app named {string.Join(", ", unknown)}; it has {string.Join(", ", apps.Select(static app => app.AppId))}.");
        }

        var kept = apps.Where(app => wanted.Contains(app.AppId) || IsWorker(app)).ToArray();
        var gone = apps.Except(kept).SelectMany(PortMap.PortsOf).ToHashSet();
        return [.. kept.Select(app => app with { Environment = Without(app.Environment, gone) })];
    }

    private static bool IsWorker(AppSpec app) => app.AppId.StartsWith(WorkerPrefix, StringComparison.Ordinal);

    private static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> environment, HashSet<int> gone) => environment
        .Select(entry => KeyValuePair.Create(entry.Key, string.Join(',', entry.Value.Split(',').Where(part => !Names(part, gone)))))
        .Where(entry => entry.Value.Length > 0 || environment[entry.Key].Length == 0)
        .ToDictionary();

    private static bool Names(string part, HashSet<int> gone) =>
        LoopbackUrl().Match(part) is { Success: true } match && gone.Contains(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^\s*https?://127\.0\.0\.1:(\d{1,5})\b")]
    private static partial Regex LoopbackUrl();
}
