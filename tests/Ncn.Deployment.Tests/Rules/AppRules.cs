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

    /// <summary>The chain events are one instance that is awake: one process sends with the operator's key, and a timer at zero instances never fires.</summary>
    public static IEnumerable<string> Asleep(DeploymentFiles deployment)
    {
        var scale = BicepModel.Of(deployment).Files["infra-bicep/modules/core-apps.bicep"].Find("module", "chainEvents")!.Value!.At("params", "scale");
        string[] asleep = scale?.At("minReplicas")?.Written == "isActive ? 1 : 0" ? [] : ["modules/core-apps.bicep: chain-events may fall asleep."];
        return scale?.At("maxReplicas")?.Written == "1" ? asleep : [.. asleep, "modules/core-apps.bicep: chain-events may have two instances."];
    }

    private static bool IsCollector(Declaration module) => module.Name == "collector";
}
