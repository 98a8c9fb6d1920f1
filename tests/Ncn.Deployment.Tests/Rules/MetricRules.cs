using System.Text.RegularExpressions;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>Alerts, dashboards and scaling ask for numbers that the code publishes.</summary>
internal static partial class MetricRules
{
    private static readonly HashSet<string> Published = [.. DeploymentFiles.Code.Values.SelectMany(code => Instrument().Matches(code).Select(match => match.Groups[1].Value.Replace('.', '_')))];

    public static IEnumerable<string> Unpublished(DeploymentFiles deployment) =>
        from path in deployment.Under("infra-bicep/", "alerts.bicep", "scaled-object.yaml", "network.json")
        from name in Metric().Matches(deployment[path]).Select(match => match.Value).Distinct()
        where !Published.Contains(Suffix().Replace(name, "")) && !Published.Contains(name)
        select $"{path}: no code publishes {name}.";

    /// <summary>The guide says what each alert means.</summary>
    public static IEnumerable<string> Unexplained(DeploymentFiles deployment) =>
        from path in deployment.Under("infra-bicep/modules/", "alerts.bicep", "apps.bicep")
        from name in AlertName().Matches(deployment[path]).Select(match => match.Groups[1].Value).Distinct()
        where !deployment["infra-bicep/README.md"].Contains($"`{name}`", StringComparison.Ordinal)
        select $"infra-bicep/README.md does not say what the alert {name} means.";

    [GeneratedRegex("\"(ncn[._][a-z_.]+)\"")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\bncn_[a-z_]+")]
    private static partial Regex Metric();

    // What Prometheus appends to an instrument's name: its unit, its kind.
    [GeneratedRegex("(_seconds)?(_total|_bucket|_count|_sum)?$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"(?:alert|name): '([A-Z][A-Za-z]+)(?:-[^']*)?'\s+(?:expression|summary|metricName):")]
    private static partial Regex AlertName();
}
