using System.Globalization;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>
/// Makes the number of apps of one kind what the user asked for: apps named <c>compute-1</c>, <c>compute-2</c>, … or <c>validator-1</c>, …
/// Fewer drops the last; more clones the last, with its ports moved by the distance between the last two and
/// its number in variables named <c>…Index</c>. Lists of addresses in the environment of all apps follow (<see cref="AddressLists"/>).
/// </summary>
internal static class Replicas
{
    /// <summary>Compute workers, <c>--replicas</c>.</summary>
    public const string Workers = "compute-";

    /// <summary>Validators, <c>--validators</c>.</summary>
    public const string Validators = "validator-";

    /// <summary>The worker that re-runs answers for the validators: there when they are.</summary>
    public const string Verifier = "verifier";

    /// <summary>Both kinds; null leaves the run template's number.</summary>
    public static IReadOnlyList<AppSpec> Apply(IReadOnlyList<AppSpec> apps, int? workers, int? validators)
    {
        apps = Apply(Apply(apps, Workers, workers), Validators, validators);
        return validators == 0 ? [.. apps.Where(static app => app.AppId != Verifier)] : apps;
    }

    private static IReadOnlyList<AppSpec> Apply(IReadOnlyList<AppSpec> apps, string prefix, int? replicas)
    {
        if (replicas is not { } wanted)
        {
            return apps;
        }

        var named = apps.Where(app => Number(app, prefix) > 0).OrderBy(app => Number(app, prefix)).ToList();
        if (named.Count == 0 && wanted > 0)
        {
            throw new ConfigurationException($"{(prefix == Workers ? "--replicas" : "--validators")} {wanted}: the run template has no app named {prefix}1.");
        }

        var cloned = Enumerable.Range(named.Count + 1, Math.Max(0, wanted - named.Count)).Select(number => Clone(named, prefix, number)).ToList();
        return AddressLists.Follow([.. apps.Except(named), .. named.Take(wanted), .. cloned], named.Skip(wanted), named.LastOrDefault(), cloned);
    }

    private static AppSpec Clone(List<AppSpec> named, string prefix, int number)
    {
        var last = named[^1];
        var step = named.Count > 1 ? last.AppPort - named[^2].AppPort : 2;
        var distance = number - named.Count;
        var name = prefix + number.ToString(CultureInfo.InvariantCulture);
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
        : entry.Key.EndsWith("Index", StringComparison.Ordinal) && oldName.EndsWith('-' + entry.Value, StringComparison.Ordinal) ? newName[(newName.LastIndexOf('-') + 1)..]
        : entry.Value.Replace(oldName, newName, StringComparison.Ordinal);

    private static int Number(AppSpec app, string prefix) =>
        app.AppId.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(app.AppId.AsSpan(prefix.Length), CultureInfo.InvariantCulture, out var number) ? number : 0;
}
