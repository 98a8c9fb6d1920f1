using Ncn.Deployment.Tests.Rules;

namespace Ncn.Deployment.Tests;

/// <summary>Mistakes that people make, each planted in a copy of the files and found by the rule that is there for it, which finds nothing without it.</summary>
public sealed class PlantedMistakeTests
{
    [Fact]
    public void A_renamed_queue_is_found() => Found("infra-bicep/names.bicep", "chainEventsQueue: 'chain-events'", "chainEventsQueue: 'chain-notices'", NameRules.UnlikeCode);

    [Fact]
    public void A_missing_role_assignment_is_found() => Found(
        "infra-bicep/modules/access.bicep", "roles.storageTableDataContributor)\n  }", "roles.acrPull)\n  }", AccessRules.Roles);

    [Fact]
    public void A_public_endpoint_is_found() => Found(
        "infra-bicep/modules/cosmos.bicep", "publicNetworkAccess: isProduction ? 'Disabled' : 'Enabled'", "publicNetworkAccess: 'Enabled'", AccessRules.PublicAddresses);

    [Fact]
    public void A_wrong_topic_is_found() => Found("dapr/components/azure/pubsub.yaml", "gateway-text=mempool;", "gateway-text=mempools;", NameRules.UnlikeDapr);

    [Fact]
    public void An_unscoped_component_is_found() => Found("dapr/components/azure/statestore.yaml", "scopes:\n  - registry\n", "", DaprRules.Unscoped);

    [Fact]
    public void An_unscoped_component_in_Bicep_is_found() => Found("infra-bicep/modules/environment.bicep", "    scopes: [fixed.registryApp]\n", "    scopes: []\n", DaprRules.Unscoped);

    [Fact]
    public void A_key_in_a_setting_is_found() => Found(
        "infra-bicep/modules/core-apps.bicep", "{ name: 'Ncn__Tables', value: data.tableUrl }", "{ name: 'Ncn__Tables', value: 'AccountName=a;AccountKey=b' }", AccessRules.Keys);

    [Fact]
    public void A_key_that_is_asked_for_is_found() => Found(
        "infra-bicep/modules/storage.bicep", "output dataId string = data.id", "output dataId string = data.listKeys().keys[0].value", AccessRules.Keys);

    [Fact]
    public void A_missing_probe_is_found() => Found("infra-bicep/kubernetes/compute-worker/stateful-set.yaml", "          readinessProbe:\n            httpGet: { path: /readyz, port: http }\n            periodSeconds: 5\n", "", ManifestRules.Careless);

    [Fact]
    public void A_missing_probe_of_an_app_is_found() => Found("infra-bicep/modules/container-app.bicep", "type: 'Liveness'", "type: 'Startup'", AppRules.Unprobed);

    [Fact]
    public void A_wrong_path_in_a_Dockerfile_is_found() => Found("dapr/Ncn.Registry/Dockerfile", "dotnet publish dapr/Ncn.Registry ", "dotnet publish dapr/Ncn.Registrar ", ImageRules.Dockerfiles);

    [Fact]
    public void An_unused_parameter_is_found() => Found(
        "infra-bicep/modules/network.bicep", "param location string", "param location string\n@description('Nobody asks.')\nparam nobodyAsks string = ''", BicepRules.Unused);

    [Fact]
    public void A_module_output_that_does_not_exist_is_found() => Found("infra-bicep/main.bicep", "observability.outputs.grafanaUrl", "observability.outputs.grafanaAddress", BicepRules.BrokenModules);

    [Fact]
    public void A_secret_that_is_not_marked_is_found() => Found(
        "infra-bicep/modules/network.bicep", "param location string", "param location string\nparam adminPassword string", BicepRules.UnmarkedSecrets);

    [Fact]
    public void A_setting_that_nobody_reads_is_found() => Found("infra-bicep/modules/subnet-apps.bicep", "Ncn__Gateway__AllowPrivateNodes", "Ncn__Gateway__AllowPrivateNode", NameRules.UnknownSettings);

    [Fact]
    public void An_old_version_of_the_API_is_found() => Found("infra-bicep/modules/cosmos.bicep", "databaseAccounts@2025-04-15'", "databaseAccounts@2019-08-01'", BicepRules.UnlistedVersions);

    private static void Found(string path, string old, string planted, Func<DeploymentFiles, IEnumerable<string>> rule)
    {
        Assert.Empty(rule(DeploymentFiles.Real));
        Assert.NotEmpty(rule(DeploymentFiles.Real.With(path, old, planted)));
    }
}
