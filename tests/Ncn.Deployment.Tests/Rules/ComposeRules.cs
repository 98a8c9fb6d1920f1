using YamlDotNet.RepresentationModel;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>The network in containers is the network of the run template: the same apps, ports and settings.</summary>
internal static class ComposeRules
{
    public static IEnumerable<string> UnlikeTemplate(DeploymentFiles deployment)
    {
        var apps = Yaml.Documents(deployment["dapr/dapr.yaml"]).Single().Items("apps").ToDictionary(app => app.Text("appID")!);
        var services = Yaml.Documents(deployment["dapr/compose.yaml"]).Single().Members("services").ToDictionary(service => service.Key, service => service.Value);
        foreach (var (name, service) in services.Where(service => service.Value.At("build") is not null))
        {
            if (!apps.TryGetValue(name, out var app) || !services.TryGetValue($"{name}-dapr", out var sidecar))
            {
                yield return $"dapr/compose.yaml: {name} is no app of dapr.yaml, or has no sidecar {name}-dapr.";
                continue;
            }

            foreach (var problem in Ports(name, app, service, sidecar).Concat(Settings(name, app, service)))
            {
                yield return problem;
            }
        }
    }

    private static IEnumerable<string> Ports(string name, YamlNode app, YamlNode service, YamlNode sidecar)
    {
        var line = string.Join(' ', sidecar.Texts("command"));
        return new[]
        {
            ("--app-id", name, line.Contains($"--app-id {name} ", StringComparison.Ordinal)),
            ("--dapr-http-port", app.Text("daprHTTPPort"), line.Contains($"--dapr-http-port {app.Text("daprHTTPPort")} ", StringComparison.Ordinal)),
            ("--dapr-grpc-port", app.Text("daprGRPCPort"), line.Contains($"--dapr-grpc-port {app.Text("daprGRPCPort")} ", StringComparison.Ordinal)),
            ("DAPR_HTTP_PORT", app.Text("daprHTTPPort"), service.Text("environment", "DAPR_HTTP_PORT") == app.Text("daprHTTPPort")),
            ("APP_PORT", app.Text("appPort"), service.Text("environment", "APP_PORT") == app.Text("appPort")),
        }.Where(each => !each.Item3).Select(each => $"dapr/compose.yaml: {each.Item1} of {name} must be {each.Item2}, as in dapr.yaml.");
    }

    // What a container has is what the template gives, apart from what containers need themselves; peers may be fewer.
    private static IEnumerable<string> Settings(string name, YamlNode app, YamlNode service) =>
        from setting in service.Members("environment")
        let text = ((YamlScalarNode)setting.Value).Value
        let expected = app.Text("env", setting.Key)
        where setting.Key.StartsWith("Ncn__", StringComparison.Ordinal) && expected is not null && !expected.Split(',').Contains(text) && expected != text
            && !setting.Key.EndsWith("__Subnets", StringComparison.Ordinal)
        select $"dapr/compose.yaml: {setting.Key} of {name} is {text}, and {expected} in dapr.yaml.";
}
