using System.Text.RegularExpressions;
using Ncn.Deployment.Tests.Bicep;

namespace Ncn.Deployment.Tests.Rules;

/// <summary>Nothing public in production, no keys anywhere, and each identity has the roles that its app needs and no others.</summary>
internal static partial class AccessRules
{
    private static readonly string[] DataServices =
    [
        "Microsoft.ServiceBus/namespaces", "Microsoft.DocumentDB/databaseAccounts", "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults", "Microsoft.ContainerRegistry/registries",
    ];

    /// <summary>Who does what with which resource. The apps' code says why: README.md, "Who may do what".</summary>
    private static readonly (string Who, string Role, string What)[] Needed =
    [
        ("identities.messaging.principalId", "serviceBusDataSender", "topics[i]"),
        ("identities.messaging.principalId", "serviceBusDataReceiver", "subscriptions[i]"),
        ("identities.validator.principalId", "serviceBusDataSender", "consensus"),
        ("identities.validator.principalId", "serviceBusDataReceiver", "hearings[i]"),
        ("identities.validator.principalId", "keyVaultSecretsUser", "validatorVault"),
        ("identities.registry.principalId", "serviceBusDataSender", "workQueues[i]"),
        ("identities.compute.principalId", "serviceBusDataReceiver", "workQueues[i]"),
        ("identities.keda.principalId", "serviceBusDataOwner", "workQueues[i]"),
        ("identities.keda.principalId", "monitoringDataReader", "metrics"),
        ("identities.chainEvents.principalId", "serviceBusDataSender", "chainEvents"),
        ("identities.chainEvents.principalId", "serviceBusDataReceiver", "chainEvents"),
        ("identities.chainEvents.principalId", "storageTableDataContributor", "data"),
        ("identities.chainEvents.principalId", "storageBlobDataOwner", "host"),
        ("gateways[i].principalId", "storageBlobDataContributor", "containers[i]"),
        ("gateways[i].principalId", "storageBlobDataOwner", "host"),
        ("gateways[i].principalId", "keyVaultSecretsUser", "operatorVault"),
        ("identities[reader].principalId", "keyVaultSecretsUser", "operatorVault"),
        ("identities.compute.principalId", "keyVaultSecretsUser", "nodeVault"),
        ("identities[puller].principalId", "acrPull", "images"),
    ];

    /// <summary>A data service of a production deployment has no public address.</summary>
    public static IEnumerable<string> PublicAddresses(DeploymentFiles deployment) =>
        from each in BicepModel.Of(deployment).All
        where each.Declaration.Kind == "resource" && !each.Declaration.Existing && DataServices.Contains(each.Declaration.Path!.Split('@')[0])
        let access = each.Declaration.Value!.At("properties", "publicNetworkAccess") ?? Shared(deployment, each.File, each.Declaration, "publicNetworkAccess")
        where access?.Choice is not [{ Text: "Disabled" }, _] || !access.Expression!.StartsWith("isProduction ?", StringComparison.Ordinal)
        select $"{each.File}({each.Declaration.Line}): {each.Declaration.Name} can be reached from the internet in production: publicNetworkAccess must be isProduction ? 'Disabled' : ....";

    /// <summary>Services are signed in to with an identity: their own keys are switched off.</summary>
    public static IEnumerable<string> KeysThatWork(DeploymentFiles deployment) =>
        from off in new[]
        {
            ("Microsoft.ServiceBus/namespaces", "disableLocalAuth", "true"), ("Microsoft.DocumentDB/databaseAccounts", "disableLocalAuth", "true"),
            ("Microsoft.Storage/storageAccounts", "allowSharedKeyAccess", "false"), ("Microsoft.ContainerRegistry/registries", "adminUserEnabled", "false"),
            ("Microsoft.KeyVault/vaults", "enableRbacAuthorization", "true"), ("Microsoft.ContainerService/managedClusters", "disableLocalAccounts", "true"),
        }
        from each in BicepModel.Of(deployment).All
        where each.Declaration.Kind == "resource" && !each.Declaration.Existing && each.Declaration.Path!.Split('@')[0] == off.Item1
        let set = each.Declaration.Value!.At("properties", off.Item2) ?? Shared(deployment, each.File, each.Declaration, off.Item2)
        where set?.Literal != off.Item3
        select $"{each.File}({each.Declaration.Line}): {each.Declaration.Name} must have {off.Item2}: {off.Item3}.";

    /// <summary>No key is asked of a service, given out, or written into a setting, a component or a manifest.</summary>
    public static IEnumerable<string> Keys(DeploymentFiles deployment) =>
        AskedFor(deployment).Concat(InOutputs(deployment)).Concat(InSettings(deployment)).Concat(InYaml(deployment));

    /// <summary>Every role that an app needs is given, and every role that is given is needed.</summary>
    public static IEnumerable<string> Roles(DeploymentFiles deployment)
    {
        var given = new[] { "access", "bus-access" }.SelectMany(file => BicepModel.Of(deployment).Files[$"infra-bicep/modules/{file}.bicep"].OfKind("resource"))
            .Where(resource => resource.Path!.StartsWith("Microsoft.Authorization/roleAssignments@", StringComparison.Ordinal))
            .Select(resource => (Who: resource.Value!.At("properties", "principalId")!.Written, Role: RoleOf(resource), What: resource.Value!.At("scope")!.Written)).ToArray();
        return Needed.Except(given).Select(missing => $"modules/access.bicep, bus-access.bicep: {missing.Who} needs {missing.Role} on {missing.What} and does not have it.")
            .Concat(given.Except(Needed).Select(extra => $"modules/access.bicep, bus-access.bicep: {extra.Who} has {extra.Role} on {extra.What}, which nothing needs."));
    }

    private static string RoleOf(Declaration resource) => RoleName().Match(resource.Value!.At("properties", "roleDefinitionId")!.Expression!).Groups[1].Value;

    // Properties that several resources of a file share are a variable.
    private static BicepValue? Shared(DeploymentFiles deployment, string file, Declaration resource, string property) =>
        resource.Value!.At("properties")?.Expression is { } name ? BicepModel.Of(deployment).Files[file].Find("var", name)?.Value?.At(property) : null;

    private static IEnumerable<string> AskedFor(DeploymentFiles deployment) =>
        from path in deployment.Under("infra-bicep/", ".bicep")
        from Match match in AsksForKeys().Matches(deployment[path])
        select $"{path}: {match.Value} asks a service for its keys; use an identity.";

    private static IEnumerable<string> InOutputs(DeploymentFiles deployment) =>
        from each in BicepModel.Of(deployment).All
        where each.Declaration.Kind == "output" && (KeyName().IsMatch(each.Declaration.Name) || each.Declaration.References.Any(reference => reference.Path.Any(part => KeyName().IsMatch(part))))
        select $"{each.File}({each.Declaration.Line}): the output {each.Declaration.Name} gives a key away.";

    // A setting is an object with name and value; what is secret is a secretRef.
    private static IEnumerable<string> InSettings(DeploymentFiles deployment) =>
        from each in BicepModel.Of(deployment).All
        where each.Declaration.Value is not null
        from setting in each.Declaration.Value!.Inside()
        let name = setting.At("name")?.Text
        let value = setting.At("value")
        where name is not null && value is not null && (KeyName().IsMatch(name) || KeyValue().IsMatch(value.Written))
        select $"{each.File}({each.Declaration.Line}): the setting {name} holds a key; make it a secretRef into a vault, or sign in with an identity.";

    private static IEnumerable<string> InYaml(DeploymentFiles deployment) =>
        from path in deployment.Under("infra-bicep/", ".yaml").Concat(deployment.Under("dapr/components/azure/", ".yaml"))
        from line in deployment[path].Split('\n')
        where KeyValue().IsMatch(line) || YamlKey().IsMatch(line)
        select $"{path}: '{line.Trim()}' holds a key.";

    [GeneratedRegex(@"\blist(Keys|Secrets|Credentials|ConnectionStrings|AccountSas)\s*\(|\.list\w+\(")]
    private static partial Regex AsksForKeys();

    [GeneratedRegex("(?i)(connectionstring|(shared|access|account|master|primary|private)_?key|password|sastoken)")]
    private static partial Regex KeyName();

    [GeneratedRegex("(?i)(AccountKey=|SharedAccessKey=|SharedAccessSignature=|InstrumentationKey=|0x[0-9a-f]{64})")]
    private static partial Regex KeyValue();

    [GeneratedRegex(@"(?i)name:\s*(accountKey|masterKey|connectionString|azureClientSecret|sharedAccessKey)\b")]
    private static partial Regex YamlKey();

    [GeneratedRegex(@"roles\.(\w+)\)$")]
    private static partial Regex RoleName();
}
