using System.Globalization;
using System.Text.RegularExpressions;

namespace Ncn.LocalRuntime.Configuration;

/// <summary>
/// Values in the environment that list addresses of this machine, separated by commas: those of apps that do not run go out of them, and where the
/// last of several alike apps stands, its clones stand too.
/// </summary>
internal static partial class AddressLists
{
    /// <summary>Takes the addresses of apps that are left out, and the names of lists that are empty then, out of all others' environment.</summary>
    public static IReadOnlyList<AppSpec> Without(IReadOnlyList<AppSpec> apps, IEnumerable<AppSpec> left)
    {
        var gone = left.SelectMany(PortMap.PortsOf).ToHashSet();
        return gone.Count == 0 ? apps : [.. apps.Select(app => app with { Environment = Without(app.Environment, gone) })];
    }

    /// <summary>The same, and puts the clones of an app beside it.</summary>
    public static IReadOnlyList<AppSpec> Follow(IReadOnlyList<AppSpec> apps, IEnumerable<AppSpec> left, AppSpec? cloned, IReadOnlyList<AppSpec> clones)
    {
        apps = Without(apps, left);
        if (cloned is null || clones.Count == 0)
        {
            return apps;
        }

        var ports = PortMap.PortsOf(cloned).ToList();
        var copies = clones.Select(static clone => PortMap.PortsOf(clone).ToList()).ToList();
        return [.. apps.Select(app => app with
        {
            Environment = app.Environment.ToDictionary(static entry => entry.Key, entry => string.Join(',', entry.Value.Split(',').SelectMany(part => WithCopies(part, ports, copies)))),
        })];
    }

    private static IEnumerable<string> WithCopies(string part, List<int> ports, List<List<int>> copies)
    {
        var place = PortOf(part) is { } port ? ports.IndexOf(port) : -1;
        return place < 0 ? [part] : [part, .. copies.Select(copy => part.Replace(
            string.Create(CultureInfo.InvariantCulture, $":{ports[place]}"), string.Create(CultureInfo.InvariantCulture, $":{copy[place]}"), StringComparison.Ordinal))];
    }

    private static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> environment, HashSet<int> gone) => environment
        .Select(entry => KeyValuePair.Create(entry.Key, string.Join(',', entry.Value.Split(',').Where(part => !(PortOf(part) is { } port && gone.Contains(port))))))
        .Where(entry => entry.Value.Length > 0 || environment[entry.Key].Length == 0)
        .ToDictionary();

    private static int? PortOf(string part) => LoopbackUrl().Match(part) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^\s*https?://127\.0\.0\.1:(\d{1,5})\b")]
    private static partial Regex LoopbackUrl();
}
