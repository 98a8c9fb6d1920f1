using System.Globalization;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>
/// Makes the number of compute workers what the user asked for: apps named <c>compute-1</c>, <c>compute-2</c>, …
/// Fewer drops the last; more clones the last, with its ports moved by the distance between the last two and
/// its number in variables named <c>…Index</c>.
/// </summary>
internal static class Replicas
{
    private const string Prefix = "compute-";

    public static IReadOnlyList<AppSpec> Apply(IReadOnlyList<AppSpec> apps, int? replicas)
    {
        if (replicas is not { } wanted)
        {
            return apps;
        }

        var workers = apps.Where(app => Number(app) > 0).OrderBy(Number).ToList();
        if (workers.Count == 0 && wanted > 0)
        {
            throw new ConfigurationException($"--replicas {wanted}: the run template has no app named {Prefix}1.");
        }

        var kept = workers.Take(wanted);
        var cloned = Enumerable.Range(workers.Count + 1, Math.Max(0, wanted - workers.Count)).Select(number => Clone(workers, number));
        return [.. apps.Except(workers), .. kept, .. cloned];
    }

    private static AppSpec Clone(List<AppSpec> workers, int number)
    {
        var last = workers[^1];
        var step = workers.Count > 1 ? last.AppPort - workers[^2].AppPort : 2;
        var distance = number - workers.Count;
        var name = Prefix + number.ToString(CultureInfo.InvariantCulture);
        return last with
        {
            AppId = name,
            ScopeId = last.ScopeId,
            AppPort = last.AppPort > 0 ? last.AppPort + (distance * step) : 0,
            DaprHttpPort = last.DaprHttpPort + distance,
            DaprGrpcPort = last.DaprGrpcPort + distance,
            Environment = last.Environment.ToDictionary(entry => entry.Key, entry => MoveValue(entry, last.AppId, name, distance * step)),
        };
    }

    private static string MoveValue(KeyValuePair<string, string> entry, string oldName, string newName, int distance) =>
        PortMap.IsPort(entry.Key, entry.Value, out var port) ? (port + distance).ToString(CultureInfo.InvariantCulture)
        : entry.Key.EndsWith("Index", StringComparison.Ordinal) && entry.Value == oldName[Prefix.Length..] ? newName[Prefix.Length..]
        : entry.Value.Replace(oldName, newName, StringComparison.Ordinal);

    private static int Number(AppSpec app) =>
        app.AppId.StartsWith(Prefix, StringComparison.Ordinal)
        && int.TryParse(app.AppId.AsSpan(Prefix.Length), CultureInfo.InvariantCulture, out var number) ? number : 0;
}
