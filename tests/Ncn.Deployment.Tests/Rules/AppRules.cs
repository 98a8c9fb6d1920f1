using Ncn.Deployment.Tests.Bicep;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>What every container app has.</summary>
internal static class AppRules
{
    /// <summary>Every app is asked whether it has started, lives and can serve, at the paths that apps have.</summary>
    public static IEnumerable<string> Unprobed(DeploymentFiles deployment)
    {
        var app = BicepModel.Of(deployment).Files["infra-bicep/modules/container-app.bicep"].OfKind("resource").Single();
        var probes = app.Value!.At("properties", "template", "containers")!.Array!.Single().At("probes")?.Array ?? [];
        var missing = new[] { "Startup", "Liveness", "Readiness" }.Except(probes.Select(probe => probe.At("type")?.Written ?? "")).Select(probe => $"modules/container-app.bicep: an app has no {probe} probe.");
        var unanswered = from each in BicepModel.Of(deployment).All
                         where each.Declaration.Kind == "module" && each.Declaration.Path == "container-app.bicep"
                         from path in new[] { "livePath", "readyPath" }
                         let asked = each.Declaration.Value!.At("params", path)?.Written ?? ""
                         where asked is not ("/healthz" or "/readyz") && !IsCollector(each.Declaration)
                         select $"{each.File}({each.Declaration.Line}): {each.Declaration.Name} is probed at {asked}, where no app answers.";
        return missing.Concat(unanswered);
    }

    /// <summary>What may run once does: who sends with a key, and who is a peer; and what has timers is awake, since at zero instances none fires.</summary>
    public static IEnumerable<string> NotOne(DeploymentFiles deployment) => new[]
    {
        ("core-apps", "chainEvents", "minReplicas", "isActive ? 1 : 0"), ("core-apps", "chainEvents", "maxReplicas", "1"), ("core-apps", "registry", "maxReplicas", "isDiscoverable ? 1 :"),
        ("subnet-apps", "gateway", "maxReplicas", "subnet.hasRelay ? 1 :"),
    }.Where(one => ScaleOf(deployment, one.Item1, one.Item2, one.Item3) is var written && !(one.Item4.EndsWith(':') ? written.StartsWith(one.Item4, StringComparison.Ordinal) : written == one.Item4))
        .Select(one => $"modules/{one.Item1}.bicep: {one.Item3} of {one.Item2} must be {one.Item4}");

    /// <summary>Of a validator its ledger and its link can be reached from outside, where the code serves them, and nothing else.</summary>
    public static IEnumerable<string> Exposed(DeploymentFiles deployment)
    {
        var routes = Yaml.Documents(deployment["infra-bicep/validator-front.yaml"]).Single().AllNodes.Where(node => node.At("match") is not null).ToArray();
        var passed = routes.Where(route => route.At("direct_response") is null).Select(route => route.Text("match", "path") ?? route.Text("match", "prefix") ?? "").ToArray();
        return passed.Where(path => !DeploymentFiles.Code.Values.Any(code => code.Contains($"\"{path}", StringComparison.Ordinal))).Select(path => $"validator-front.yaml passes {path}, which no code serves.")
            .Concat(passed.Except(["/ncn/v1/validators/link", "/ncn/v1/ledger/"]).Select(path => $"validator-front.yaml passes {path}: a validator's metrics and what its sidecar calls must not be reached."));
    }

    private static string ScaleOf(DeploymentFiles deployment, string file, string module, string name) =>
        BicepModel.Of(deployment).Files[$"infra-bicep/modules/{file}.bicep"].Find("module", module)!.Value!.At("params", "scale", name)?.Written ?? "";

    private static bool IsCollector(Declaration module) => module.Name == "collector";
}
