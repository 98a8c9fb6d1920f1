using Ncn.Deployment.Tests.Bicep;
using Ncn.Deployment.Tests.Schemas;
using YamlDotNet.RepresentationModel;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>The Dapr files have only official fields, the same components everywhere, and on Azure scopes and identities.</summary>
internal static class DaprRules
{
    private static readonly Shape Dapr = Shape.Of("dapr.json");

    /// <summary>Fields of components, configurations, resiliency and the run template.</summary>
    public static IEnumerable<string> Misfits(DeploymentFiles deployment) =>
        ResourceFiles(deployment).SelectMany(path => Yaml.Documents(deployment[path]).SelectMany(document => Resource(path, document)))
            .Concat(RunMisfits(Yaml.Documents(deployment["dapr/dapr.yaml"]).Single()));

    /// <summary>Fields of a run template.</summary>
    public static IEnumerable<string> RunMisfits(YamlNode template) => Dapr.Misfits(Dapr.File.GetProperty("run"), template, "dapr/dapr.yaml");

    /// <summary>Every folder has components of the same names.</summary>
    public static IEnumerable<string> UnlikeNames(DeploymentFiles deployment)
    {
        var names = new[] { "local", "emulators", "azure" }.ToDictionary(folder => folder, folder => Components(deployment, folder).Select(NameOf).Distinct().Order().ToArray());
        return names.Where(folder => !folder.Value.SequenceEqual(names["local"])).Select(folder => $"dapr/components/{folder.Key} has {string.Join(", ", folder.Value)}; local has {string.Join(", ", names["local"])}.");
    }

    /// <summary>On Azure a component is for named apps only, since an empty list is for all of them; so it is where the state and the work are.</summary>
    public static IEnumerable<string> Unscoped(DeploymentFiles deployment)
    {
        var inFiles = Components(deployment, "azure").Where(component => !component.Items("scopes").Any()).Select(component => $"dapr/components/azure: {NameOf(component)} has no scopes.");
        var inBicep = BicepModel.Of(deployment).Files["infra-bicep/modules/environment.bicep"].OfKind("resource")
            .Where(IsComponent).Where(component => component.Value!.At("properties", "scopes") is not ({ Array.Count: > 0 } or { Call: "concat" }))
            .Select(component => $"modules/environment.bicep({component.Line}): {component.Name} has no scopes.");
        return inFiles.Concat(inBicep);
    }

    /// <summary>What Bicep makes for the apps of Container Apps is what the files say: type, metadata and whom it is for.</summary>
    public static IEnumerable<string> UnlikeBicep(DeploymentFiles deployment)
    {
        var made = BicepModel.Of(deployment).Files["infra-bicep/modules/environment.bicep"].OfKind("resource").Where(IsComponent)
            .ToDictionary(component => component.Name, component => (Type: component.Value!.At("properties", "componentType")!.Written, Names: component.Value.At("properties", "metadata")!.Array!.Select(item => item.At("name")!.Written).ToArray()));
        foreach (var component in Components(deployment, "azure").Where(component => !IsOfCluster(component)))
        {
            var name = NameOf(component);
            var bicep = made.GetValueOrDefault(name.StartsWith("work-", StringComparison.Ordinal) ? "work" : name);
            if (bicep.Type != component.Text("spec", "type") || !bicep.Names.SequenceEqual(MetadataNames(component)))
            {
                yield return $"{name} is {component.Text("spec", "type")} with {string.Join(", ", MetadataNames(component))} in dapr/components/azure, and {bicep.Type} with {string.Join(", ", bicep.Names ?? [])} in modules/environment.bicep.";
            }
        }
    }

    /// <summary>What the cluster's workers and validators get is what the files say for them.</summary>
    public static IEnumerable<string> UnlikeManifests(DeploymentFiles deployment)
    {
        var ofWorkers = Yaml.Documents(deployment["infra-bicep/kubernetes/work-queue/component.yaml"]).Single();
        var ofValidators = Yaml.Documents(deployment["infra-bicep/kubernetes/validators/components.yaml"]).ToDictionary(NameOf);
        return from component in Components(deployment, "azure")
               where IsOfCluster(component)
               let name = NameOf(component)
               let manifest = ofValidators.GetValueOrDefault(name) ?? ofWorkers
               let expected = Pairs(component)
               let made = Pairs(manifest).Select(pair => pair.Replace("${SUBNET_NAME}", name[(name.IndexOf('-', StringComparison.Ordinal) + 1)..], StringComparison.Ordinal))
               where !expected.SequenceEqual(made)
               select $"{name} for the cluster: {string.Join(", ", expected.Except(made).Concat(made.Except(expected)))} differ between dapr/components/azure and infra-bicep/kubernetes.";
    }

    /// <summary>Policies that a target names are there.</summary>
    public static IEnumerable<string> UnknownPolicies(DeploymentFiles deployment) =>
        from path in new[] { "dapr/resiliency.yaml", "infra-bicep/kubernetes/system/resiliency.yaml" }
        let spec = Yaml.Documents(deployment[path]).Single().At("spec")
        from use in spec.At("targets")!.AllNodes.OfType<YamlMappingNode>().SelectMany(node => node.Members())
        let family = use.Key switch { "timeout" => "timeouts", "retry" => "retries", "circuitBreaker" => "circuitBreakers", _ => null }
        where family is not null && use.Value is YamlScalarNode named && spec.At("policies", family, named.Value!) is null
        select $"{path}: {use.Key} {use.Value} is not among its policies.";

    private static IEnumerable<string> Resource(string path, YamlMappingNode document)
    {
        var kind = document.Text("kind") ?? "";
        if (!Dapr.File.GetProperty("kinds").TryGetProperty(kind, out var shape))
        {
            return [$"{path}: '{kind}' is no kind that is used here."];
        }

        return Dapr.Misfits(shape, document, path).Concat(kind == "Component" ? Metadata(path, document) : []);
    }

    private static IEnumerable<string> Metadata(string path, YamlMappingNode component)
    {
        var type = component.Text("spec", "type") ?? "";
        if (!Dapr.File.GetProperty("metadata").TryGetProperty(type, out var listed))
        {
            return [$"{path}: the component type {type} is not known here."];
        }

        var fields = listed.EnumerateArray().Select(field => field.GetString()!).ToArray();
        var given = MetadataNames(component).ToArray();
        return given.Where(name => !fields.Any(field => field.TrimEnd('!') == name)).Select(name => $"{path}: {type} has no metadata {name}.")
            .Concat(fields.Where(field => field.EndsWith('!') && !given.Contains(field.TrimEnd('!'))).Select(field => $"{path}: {type} needs {field.TrimEnd('!')}."));
    }

    private static IEnumerable<string> ResourceFiles(DeploymentFiles deployment) =>
        deployment.Under("dapr/components/", ".yaml").Concat(["dapr/config.yaml", "dapr/access.yaml", "dapr/resiliency.yaml", "infra-bicep/kubernetes/work-queue/component.yaml", "infra-bicep/kubernetes/validators/components.yaml", "infra-bicep/kubernetes/system/configuration.yaml", "infra-bicep/kubernetes/system/resiliency.yaml"]);

    private static IEnumerable<YamlMappingNode> Components(DeploymentFiles deployment, string folder) =>
        deployment.Under($"dapr/components/{folder}/", ".yaml").SelectMany(path => Yaml.Documents(deployment[path]));

    private static bool IsComponent(Declaration resource) => resource.Path!.StartsWith("Microsoft.App/managedEnvironments/daprComponents@", StringComparison.Ordinal);

    private static string NameOf(YamlMappingNode component) => component.Text("metadata", "name")!;

    private static IEnumerable<string> MetadataNames(YamlMappingNode component) => component.Items("spec", "metadata").Select(item => item.Text("name")!);

    // Workers and validators run on AKS.
    private static bool IsOfCluster(YamlMappingNode component) => component.Texts("scopes").All(app => app == "compute" || app.StartsWith("validator-", StringComparison.Ordinal));

    // Which validators there are is for the deployment to say.
    private static string[] Pairs(YamlMappingNode component) =>
    [
        component.Text("spec", "type")!, component.Text("spec", "initTimeout") ?? "", .. component.Items("spec", "metadata").Select(item => $"{item.Text("name")}={item.Text("value")}"),
        .. component.Texts("scopes").Where(app => !app.StartsWith("validator-", StringComparison.Ordinal)), component.Text("scopes") is null or "${VALIDATOR_APPS}" ? "" : "other scopes",
    ];
}
