using System.Text.RegularExpressions;
using Ncn.Deployment.Tests.Bicep;
using Ncn.Deployment.Tests.Schemas;
using YamlDotNet.RepresentationModel;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>The manifests have the form that Kubernetes and KEDA give them, refer to what is there, and contain what a worker needs to be run well.</summary>
internal static partial class ManifestRules
{
    private const string Folder = "infra-bicep/kubernetes/";
    private static readonly Shape Kubernetes = Shape.Of("kubernetes.json");
    private static readonly string[] OfDapr = ["Component", "Configuration", "Resiliency"];

    public static IEnumerable<string> Misfits(DeploymentFiles deployment) =>
        from path in deployment.Under(Folder, ".yaml")
        from document in Yaml.Documents(deployment[path])
        let kind = document.Text("kind") ?? ""
        where !OfDapr.Contains(kind)
        from misfit in Kubernetes.File.GetProperty("kinds").TryGetProperty(kind, out var shape) ? Kubernetes.Misfits(shape, document, path) : [$"{path}: '{kind}' is no kind that is used here."]
        select misfit;

    /// <summary>A kustomization names files that are there, and every file is named by one.</summary>
    public static IEnumerable<string> BrokenKustomizations(DeploymentFiles deployment)
    {
        var named = deployment.Under(Folder, "/kustomization.yaml").SelectMany(path => Yaml.Documents(deployment[path]).Single() is var file
            ? file.Texts("resources").Concat(file.Items("patches").Select(patch => patch.Text("path")!)).Select(target => (path, Target: BicepModel.Resolve(path, target))) : []).ToArray();
        var all = deployment.Under(Folder, ".yaml").ToArray();
        return named.Where(each => !all.Contains(each.Target) && !all.Contains($"{each.Target}/kustomization.yaml")).Select(each => $"{each.path}: there is no {each.Target}.")
            .Concat(all.Where(path => !path.EndsWith("/kustomization.yaml", StringComparison.Ordinal)).Except(named.Select(each => each.Target)).Select(path => $"{path} is in no kustomization."));
    }

    /// <summary>The values that the manifests ask for are those that flux.bicep gives.</summary>
    public static IEnumerable<string> UnknownValues(DeploymentFiles deployment)
    {
        var flux = deployment["infra-bicep/modules/flux.bicep"];
        return from path in deployment.Under(Folder, ".yaml")
               from Match match in Placeholder().Matches(deployment[path])
               where !Regex.IsMatch(flux, $@"\b{match.Groups[1].Value}:")
               select $"{path}: modules/flux.bicep gives no {match.Groups[1].Value}.";
    }

    /// <summary>Flux is told of folders that are there.</summary>
    public static IEnumerable<string> UnknownFolders(DeploymentFiles deployment) =>
        from Match match in FluxPath().Matches(deployment["infra-bicep/modules/flux.bicep"])
        from path in match.Groups[1].Value.Contains("${pool.kind}", StringComparison.Ordinal) ? ["workers-cpu", "workers-gpu"] : new[] { match.Groups[1].Value }
        where !deployment.Under($"{Folder}{path}/", "kustomization.yaml").Any()
        select $"modules/flux.bicep: there is no folder {Folder}{path}.";

    /// <summary>A worker is contained, probed, limited, spread, scaled by its queue and protected from disruption, and a GPU worker asks for its GPU.</summary>
    public static IEnumerable<string> Careless(DeploymentFiles deployment)
    {
        var pod = Documents(deployment, "compute-worker/stateful-set.yaml").At("spec", "template", "spec");
        foreach (var container in pod.Items("containers"))
        {
            foreach (var probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Where(probe => container.At(probe) is null))
            {
                yield return $"compute-worker/stateful-set.yaml: {container.Text("name")} has no {probe}.";
            }
        }

        foreach (var missing in Required(deployment, pod).Where(each => !each.Holds).Select(each => each.What))
        {
            yield return missing;
        }
    }

    private static IEnumerable<(bool Holds, string What)> Required(DeploymentFiles deployment, YamlNode? pod)
    {
        var containers = pod.Items("containers").Concat(pod.Items("initContainers")).ToArray();
        var gpu = Documents(deployment, "workers-gpu/gpu.yaml").Items("spec", "template", "spec", "containers").Single();
        var scaled = Documents(deployment, "compute-worker/scaled-object.yaml");
        yield return (containers.All(container => container.Text("securityContext", "readOnlyRootFilesystem") == "true"), "A container of the workers may write to its root.");
        yield return (containers.All(container => container.Text("securityContext", "allowPrivilegeEscalation") == "false"), "A container of the workers may become more than it is.");
        yield return (containers.All(container => container.At("resources", "limits") is not null), "A container of the workers has no limits.");
        yield return (pod.Text("securityContext", "seccompProfile", "type") == "RuntimeDefault", "The workers have no seccomp profile.");
        yield return (pod.Items("topologySpreadConstraints").Count() == 2, "The workers are not spread over zones and machines.");
        yield return (gpu.Text("resources", "limits", "nvidia.com/gpu") == "1" && gpu.Text("resources", "requests", "nvidia.com/gpu") == "1", "A GPU worker asks for no GPU.");
        yield return (scaled.Items("spec", "triggers").Any(trigger => trigger.Text("metadata", "queueName") == "work-${SUBNET_NAME}"), "The workers are not scaled by the length of their work queue.");
        yield return (scaled.Items("spec", "triggers").Any(trigger => trigger.Text("metadata", "query")?.Contains("ncn_worker_slots_free", StringComparison.Ordinal) == true), "The workers are not scaled by their free places.");
        yield return (Documents(deployment, "compute-worker/disruption-budget.yaml").Text("spec", "maxUnavailable") == "1", "The workers have no disruption budget.");
    }

    private static YamlMappingNode Documents(DeploymentFiles deployment, string path) => Yaml.Documents(deployment[Folder + path]).Single();

    [GeneratedRegex(@"\$\{([A-Z_]+)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"path: '\./infra-bicep/kubernetes/([^']+)'")]
    private static partial Regex FluxPath();
}
