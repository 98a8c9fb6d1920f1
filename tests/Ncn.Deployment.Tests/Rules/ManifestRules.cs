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
    private static readonly string[] WantsNumber = ["start", "minReplicaCount", "maxReplicaCount"];

    public static IEnumerable<string> Misfits(DeploymentFiles deployment)
    {
        var patches = deployment.Under(Folder, "/kustomization.yaml").SelectMany(path => Patches(deployment, path)).ToHashSet(StringComparer.Ordinal);
        return from path in deployment.Under(Folder, ".yaml")
               from document in Yaml.Documents(deployment[path])
               let kind = document.Text("kind") ?? ""
               where document.Text("apiVersion")?.StartsWith("dapr.io/", StringComparison.Ordinal) != true
               let schema = patches.Contains(path) ? Kubernetes.Partial : Kubernetes
               from misfit in Kubernetes.File.GetProperty("kinds").TryGetProperty(kind, out var shape) ? schema.Misfits(shape, document, path) : [$"{path}: '{kind}' is no kind that is used here."]
               select misfit;
    }

    /// <summary>A kustomization names files that are there, and every file is named by one.</summary>
    public static IEnumerable<string> BrokenKustomizations(DeploymentFiles deployment)
    {
        var named = deployment.Under(Folder, "/kustomization.yaml").SelectMany(path => Yaml.Documents(deployment[path]).Single() is var file
            ? file.Texts("resources").Concat(file.Texts("components")).Select(target => BicepModel.Resolve(path, target)).Concat(Patches(deployment, path)).Select(target => (path, Target: target)) : []).ToArray();
        var all = deployment.Under(Folder, ".yaml").ToArray();
        return named.Where(each => !all.Contains(each.Target) && !all.Contains($"{each.Target}/kustomization.yaml")).Select(each => $"{each.path}: there is no {each.Target}.")
            .Concat(all.Where(path => !path.EndsWith("/kustomization.yaml", StringComparison.Ordinal)).Except(named.Select(each => each.Target)).Select(path => $"{path} is in no kustomization."));
    }

    /// <summary>The values that the manifests ask for are those that flux.bicep gives.</summary>
    public static IEnumerable<string> UnknownValues(DeploymentFiles deployment)
    {
        var (flux, guide) = (deployment["infra-bicep/modules/flux.bicep"], deployment["infra-bicep/README.md"]);
        return from path in deployment.Under(Folder, ".yaml")
               let byHand = path.StartsWith(Folder + "elsewhere/", StringComparison.Ordinal)
               from Match match in Placeholder().Matches(deployment[path])
               where !Regex.IsMatch(byHand ? guide : flux, $@"\b{match.Groups[1].Value}{(byHand ? '=' : ':')}")
               select $"{path}: {(byHand ? "the guide" : "modules/flux.bicep")} gives no {match.Groups[1].Value}.";
    }

    /// <summary>A text that is nothing but a number from the deployment keeps its quotes, which kustomize drops: Kubernetes takes no number for a text.</summary>
    public static IEnumerable<string> Unquoted(DeploymentFiles deployment)
    {
        var numbers = NumberValue().Matches(deployment["infra-bicep/modules/flux.bicep"]).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        return from path in deployment.Under(Folder, ".yaml")
               from line in deployment[path].Split('\n')
               from Match match in WholeValue().Matches(line)
               where numbers.Contains(match.Groups[2].Value) && !WantsNumber.Contains(match.Groups[1].Value)
               select $"{path}: '{line.Trim()}' becomes a number; write \"${{QUOTE}}${{{match.Groups[2].Value}}}${{QUOTE}}\".";
    }

    /// <summary>Flux is told of folders that are there.</summary>
    public static IEnumerable<string> UnknownFolders(DeploymentFiles deployment) =>
        from Match match in FluxPath().Matches(deployment["infra-bicep/modules/flux.bicep"])
        from path in new[] { "cpu", "gpu" }.Select(kind => match.Groups[1].Value.Replace("${pool.kind}", kind, StringComparison.Ordinal)).Distinct()
        where !deployment.Under($"{Folder}{path}/", "kustomization.yaml").Any()
        select $"modules/flux.bicep: there is no folder {Folder}{path}.";

    /// <summary>Workers and validators are contained, probed, limited, spread and protected from disruption; a worker is scaled by its queue, and a GPU worker asks for its GPU.</summary>
    public static IEnumerable<string> Careless(DeploymentFiles deployment) => new[] { "compute-worker", "validator" }
        .SelectMany(folder => Pod(folder, Documents(deployment, $"{folder}/stateful-set.yaml").At("spec", "template", "spec")))
        .Concat(OfWorkers(deployment)).Where(each => !each.Holds).Select(each => each.What);

    private static IEnumerable<(bool Holds, string What)> Pod(string folder, YamlNode? pod)
    {
        var containers = pod.Items("containers").Concat(pod.Items("initContainers")).ToArray();
        foreach (var probe in new[] { "startupProbe", "livenessProbe", "readinessProbe" })
        {
            yield return (pod.Items("containers").All(container => container.At(probe) is not null), $"{folder}/stateful-set.yaml: a container has no {probe}.");
        }

        yield return (containers.All(container => container.Text("securityContext", "readOnlyRootFilesystem") == "true"), $"{folder}: a container may write to its root.");
        yield return (containers.All(container => container.Text("securityContext", "allowPrivilegeEscalation") == "false"), $"{folder}: a container may become more than it is.");
        yield return (containers.All(container => container.At("resources", "limits") is not null), $"{folder}: a container has no limits.");
        yield return (containers.All(container => container.Items("env").Select(setting => setting.Text("name")).Distinct().Count() == container.Items("env").Count()), $"{folder}: a container has a setting twice.");
        yield return (pod.Text("securityContext", "seccompProfile", "type") == "RuntimeDefault", $"{folder}: there is no seccomp profile.");
        yield return (pod.Items("topologySpreadConstraints").Any(), $"{folder}: the pods are not spread over zones.");
    }

    private static IEnumerable<(bool Holds, string What)> OfWorkers(DeploymentFiles deployment)
    {
        var gpu = Documents(deployment, "workers-gpu/gpu.yaml").Items("spec", "template", "spec", "containers").Single();
        var scaled = Documents(deployment, "compute-worker/scaled-object.yaml");
        yield return (gpu.Text("resources", "limits", "nvidia.com/gpu") == "1" && gpu.Text("resources", "requests", "nvidia.com/gpu") == "1", "A GPU worker asks for no GPU.");
        yield return (scaled.Items("spec", "triggers").Any(trigger => trigger.Text("metadata", "queueName") == "work-${SUBNET_NAME}"), "The workers are not scaled by the length of their work queue.");
        yield return (scaled.Items("spec", "triggers").Any(trigger => trigger.Text("metadata", "query")?.Contains("ncn_worker_slots_free", StringComparison.Ordinal) == true), "The workers are not scaled by their free places.");
        yield return (Documents(deployment, "compute-worker/disruption-budget.yaml").Text("spec", "maxUnavailable") == "1", "The workers have no disruption budget.");
    }

    private static IEnumerable<string> Patches(DeploymentFiles deployment, string kustomization) =>
        Yaml.Documents(deployment[kustomization]).Single().Items("patches").Select(patch => BicepModel.Resolve(kustomization, patch.Text("path")!));

    private static YamlMappingNode Documents(DeploymentFiles deployment, string path) => Yaml.Documents(deployment[Folder + path]).Single();

    [GeneratedRegex(@"\$\{([A-Z_]+)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\b([A-Z_]+): string\(")]
    private static partial Regex NumberValue();

    // A field or the end of a list's item, and after it a value and nothing else.
    [GeneratedRegex(@"(\w+): ""?\$\{([A-Z_]+)\}""?(?=[ ,}]*$| \})", RegexOptions.Multiline)]
    private static partial Regex WholeValue();

    [GeneratedRegex(@"'\./infra-bicep/kubernetes/([^']+)'")]
    private static partial Regex FluxPath();
}
