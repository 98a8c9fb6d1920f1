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
    public void Two_senders_with_one_key_are_found() => Found("infra-bicep/modules/core-apps.bicep", "maxReplicas: 1, concurrency: 1 }", "maxReplicas: 2, concurrency: 1 }", AppRules.NotOne);

    [Fact]
    public void Two_gateways_with_one_relay_key_are_found() => Found("infra-bicep/modules/subnet-apps.bicep", "maxReplicas: subnet.hasRelay ? 1 : ", "maxReplicas: ", AppRules.NotOne);

    [Fact]
    public void A_validators_metrics_in_the_open_are_found() => Found("infra-bicep/validator-front.yaml", "prefix: /ncn/v1/ledger/", "prefix: /", AppRules.Exposed);

    [Fact]
    public void A_wrong_path_in_a_Dockerfile_is_found() => Found("Dockerfile", "dotnet publish dapr/Ncn.Registry ", "dotnet publish dapr/Ncn.Registrar ", ImageRules.Dockerfiles);

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

    [Fact]
    public void A_stage_that_nobody_has_is_found() => Found("Dockerfile", "COPY --from=registry_build ", "COPY --from=registrar_build ", ImageRules.Dockerfiles);

    [Fact]
    public void An_image_that_runs_as_root_is_found() => Found("Dockerfile", "USER 10001:10001\n\nFROM web_host AS gateway_stream", "FROM web_host AS gateway_stream", ImageRules.Dockerfiles);

    [Fact]
    public void Two_validators_with_one_key_are_found() => Found(Validator, "replicas: 1\n", "replicas: 2\n", ValidatorRules.TwoOfOneKey);

    [Fact]
    public void A_number_that_two_validators_have_is_found() => Found(
        "infra-bicep/production.bicepparam", "param validators = []", $"param validators = [\n  {OneValidator}\n  {OneValidator}\n]", ValidatorRules.TwoOfOneKey);

    [Fact]
    public void A_disk_that_two_pods_may_have_is_found() => Found(Validator, "accessModes: [ReadWriteOncePod]", "accessModes: [ReadWriteOnce]", ValidatorRules.TwoOfOneKey);

    [Fact]
    public void An_actor_that_two_validators_share_is_found() => Found(Validator, "validator-${NUMBER}-actor", "ValidatorActor", ValidatorRules.TwoOfOneKey);

    [Fact]
    public void A_validator_without_its_disk_is_found() => Found(Validator, "            - { name: state, mountPath: /state }\n", "", ValidatorRules.WithoutDisk);

    [Fact]
    public void A_guard_beside_its_disk_is_found() => Found(Validator, "Ncn__Validator__Folder, value: /state", "Ncn__Validator__Folder, value: /tmp", ValidatorRules.WithoutDisk);

    [Fact]
    public void A_disk_from_a_copy_is_found() => Found(
        Validator, "        accessModes: [ReadWriteOncePod]", "        dataSource: { kind: VolumeSnapshot, name: yesterday }\n        accessModes: [ReadWriteOncePod]", ValidatorRules.WithoutDisk);

    [Fact]
    public void A_disk_that_goes_with_its_claim_is_found() => Found("infra-bicep/kubernetes/validators/storage-class.yaml", "reclaimPolicy: Retain", "reclaimPolicy: Delete", ValidatorRules.WithoutDisk);

    [Fact]
    public void A_text_that_becomes_a_number_is_found() => Found(
        "infra-bicep/kubernetes/system/settings.yaml", "\"${QUOTE}${CHAIN_ID}${QUOTE}\"", "\"${CHAIN_ID}\"", ManifestRules.Unquoted);

    [Fact]
    public void A_command_that_was_removed_is_found() => Found("infra-bicep/README.md", "extension-types list-versions-by-location", "extension-types list-versions", CommandRules.Undocumented);

    [Fact]
    public void An_option_that_a_command_lacks_is_found() => Found("infra-bicep/smoke.sh", "az containerapp list --resource-group", "az containerapp list --group", CommandRules.Undocumented);

    [Fact]
    public void An_option_that_is_missing_is_found() => Found("infra-bicep/README.md", "az storage account failover --name \"$STORAGE\" ", "az storage account failover ", CommandRules.Undocumented);

    private const string Validator = "infra-bicep/kubernetes/validator/stateful-set.yaml";

    private const string OneValidator = "{ number: 1, subnet: 'text', location: 'westeurope', peers: '', gateways: '', verifierPool: '', verifierAddress: '', senderAddress: '' }";

    private static void Found(string path, string old, string planted, Func<DeploymentFiles, IEnumerable<string>> rule)
    {
        Assert.Empty(rule(DeploymentFiles.Real));
        Assert.NotEmpty(rule(DeploymentFiles.Real.With(path, old, planted)));
    }
}
