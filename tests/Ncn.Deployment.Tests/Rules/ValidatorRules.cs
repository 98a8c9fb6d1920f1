using Ncn.Deployment.Tests.Bicep;
using YamlDotNet.RepresentationModel;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>A validator's key has one process and one disk for its life: everything in the files that could give it a second one, or take its disk away.</summary>
internal static class ValidatorRules
{
    private const string Folder = "infra-bicep/kubernetes/";

    /// <summary>Never two processes with one key.</summary>
    public static IEnumerable<string> TwoOfOneKey(DeploymentFiles deployment) => Checks(deployment).Concat(Numbers(deployment)).Where(each => !each.Holds).Select(each => each.What);

    /// <summary>The signing guard lies on a disk that outlives pod, claim and zone, and is never brought back from a copy.</summary>
    public static IEnumerable<string> WithoutDisk(DeploymentFiles deployment)
    {
        var (set, container) = Validator(deployment);
        var claim = set.Items("spec", "volumeClaimTemplates").SingleOrDefault(claim => claim.Text("metadata", "name") == "state");
        var mount = container.Items("volumeMounts").SingleOrDefault(mount => mount.Text("name") == "state");
        var storage = One(deployment, "validators/storage-class.yaml");
        return new (bool Holds, string What)[]
        {
            (claim is not null && mount is not null && mount.Text("readOnly") is null, "validator/stateful-set.yaml: there is no volume 'state' for the signing guard."),
            (Setting(container, "Ncn__Validator__Folder") is { } folder && folder == mount.Text("mountPath"), "validator/stateful-set.yaml: Ncn__Validator__Folder is not where the volume 'state' is."),
            (claim.Text("spec", "storageClassName") == storage.Text("metadata", "name"), "validator/stateful-set.yaml: the volume is not of the validators' storage class."),
            (claim.At("spec", "dataSource") is null && claim.At("spec", "dataSourceRef") is null, "validator/stateful-set.yaml: the volume is made from a copy."),
            (storage.Text("reclaimPolicy") == "Retain", "validators/storage-class.yaml: the disk goes with its claim."),
            (set.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Retain" && set.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") == "Retain", "validator/stateful-set.yaml: the claim goes with its pod."),
            (storage.Text("parameters", "skuName") == "${VALIDATOR_DISK}" && deployment["infra-bicep/modules/flux.bicep"].Contains("VALIDATOR_DISK: isProduction ? 'Premium_ZRS' : 'Premium_LRS'", StringComparison.Ordinal), "validators/storage-class.yaml: a validator's disk is no Premium SSD, of all zones in production."),
            (!deployment.Under(Folder, ".yaml").SelectMany(path => Yaml.Documents(deployment[path])).Any(document => document.Text("kind") is "VolumeSnapshot" or "VolumeSnapshotClass"), "A snapshot of a disk is a guard that has forgotten."),
        }.Where(each => !each.Holds).Select(each => each.What);
    }

    private static IEnumerable<(bool Holds, string What)> Checks(DeploymentFiles deployment)
    {
        var (set, container) = Validator(deployment);
        var pod = set.At("spec", "template", "spec");
        yield return (set.Text("spec", "replicas") == "1", "validator/stateful-set.yaml: replicas must be 1: two pods would sign with one key.");
        yield return (set.Items("spec", "volumeClaimTemplates").All(claim => claim.Texts("spec", "accessModes").SequenceEqual(["ReadWriteOncePod"])), "validator/stateful-set.yaml: the disk must be ReadWriteOncePod: a second pod must not get it.");
        yield return (Setting(container, "Ncn__Validator__KeyVaultSecret") == "validator-${NUMBER}" && set.Text("metadata", "name") == "validator-${NUMBER}", "validator/stateful-set.yaml: each validator signs with the secret of its own number.");
        yield return (Setting(container, "Ncn__Validator__ActorType")?.Contains("${NUMBER}", StringComparison.Ordinal) == true, "validator/stateful-set.yaml: two validators share an actor type, and so what is remembered of their keys.");
        yield return (pod.Items("affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution").Any(term => term.Text("topologyKey") == "kubernetes.io/hostname" && term.Text("labelSelector", "matchLabels", "app") == "validator"), "validator/stateful-set.yaml: two validators may be on one machine.");
        yield return (One(deployment, "validators/disruption-budget.yaml").Text("spec", "maxUnavailable") == "1", "validators/disruption-budget.yaml: more than one validator may be taken away at a time.");
        yield return (One(deployment, "validator/network-policy.yaml").Text("spec", "podSelector", "matchLabels", "app") == "validator", "validator/network-policy.yaml is not for validators.");
        yield return (pod.Text("serviceAccountName") == "validator" && set.Text("spec", "template", "metadata", "labels", "azure.workload.identity/use") == "true", "validator/stateful-set.yaml: the pod has no identity of its own.");
        foreach (var scaled in deployment.Under(Folder, ".yaml").SelectMany(path => Yaml.Documents(deployment[path])).Where(document => document.Text("kind") is "ScaledObject" or "HorizontalPodAutoscaler"))
        {
            yield return (scaled.Text("spec", "scaleTargetRef", "name")?.StartsWith("validator", StringComparison.Ordinal) != true, "A validator is scaled: two pods would sign with one key.");
        }
    }

    // The number is the name of the key.
    private static IEnumerable<(bool Holds, string What)> Numbers(DeploymentFiles deployment) =>
        from path in deployment.Under("infra-bicep/", ".bicepparam")
        let numbers = BicepModel.Of(deployment).Files[path].Find("assignment", "validators")?.Value?.Array?.Select(validator => validator.At("number")?.Written ?? "").ToArray() ?? []
        select (numbers.Distinct().Count() == numbers.Length, $"{path}: two validators have the same number, and so the same key.");

    private static (YamlMappingNode Set, YamlNode Container) Validator(DeploymentFiles deployment) =>
        One(deployment, "validator/stateful-set.yaml") is var set ? (set, set.Items("spec", "template", "spec", "containers").Single()) : default;

    private static string? Setting(YamlNode container, string name) => container.Items("env").FirstOrDefault(item => item.Text("name") == name).Text("value");

    private static YamlMappingNode One(DeploymentFiles deployment, string path) => Yaml.Documents(deployment[Folder + path]).Single();
}
