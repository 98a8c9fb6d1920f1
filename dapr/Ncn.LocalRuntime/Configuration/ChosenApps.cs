namespace Ncn.LocalRuntime.Configuration;

/// <summary>
/// Leaves out the apps that nobody asked for. Where another app's environment lists a left-out app's address, the address goes too;
/// workers and validators count as asked for, since <see cref="Replicas"/> chooses them.
/// </summary>
internal static class ChosenApps
{
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

        var kept = apps.Where(app => wanted.Contains(app.AppId) || IsCounted(app)).ToArray();
        return AddressLists.Without(kept, apps.Except(kept));
    }

    private static bool IsCounted(AppSpec app) => app.AppId == Replicas.Verifier
        || app.AppId.StartsWith(Replicas.Workers, StringComparison.Ordinal) || app.AppId.StartsWith(Replicas.Validators, StringComparison.Ordinal);
}
