using Ncn.Deployment.Tests.Rules;
using Ncn.Tests.Anvil;
using static Ncn.Deployment.Tests.BicepTests;

namespace Ncn.Deployment.Tests;

/// <summary>Dapr files, manifests, images and workflows, and the names that hold them together.</summary>
public sealed class FilesTests
{
    [Fact]
    public void Names_are_those_of_the_code() => Holds(NameRules.UnlikeCode);

    [Fact]
    public void The_queue_is_that_of_the_emulator() => Holds(NameRules.UnlikeEmulator);

    [Fact]
    public void Dapr_is_told_the_names_that_are_made() => Holds(NameRules.UnlikeDapr);

    [Fact]
    public void Every_setting_is_read() => Holds(NameRules.UnknownSettings);

    [Fact]
    public void The_Functions_host_has_its_settings() => Holds(NameRules.HostSettings);

    [Fact]
    public void Dapr_files_have_official_fields_only() => Holds(DaprRules.Misfits);

    [Fact]
    public void Components_have_the_same_names_everywhere() => Holds(DaprRules.UnlikeNames);

    [Fact]
    public void Components_on_Azure_are_for_named_apps() => Holds(DaprRules.Unscoped);

    [Fact]
    public void Bicep_makes_the_components_of_the_files() => Holds(DaprRules.UnlikeBicep);

    [Fact]
    public void The_cluster_has_the_components_of_the_files() => Holds(DaprRules.UnlikeManifests);

    [Fact]
    public void Targets_use_policies_that_are_there() => Holds(DaprRules.UnknownPolicies);

    [Fact]
    public void Containers_are_the_apps_of_the_template() => Holds(ComposeRules.UnlikeTemplate);

    [Fact]
    public void The_template_for_the_official_host_has_its_own_form_too()
    {
        var printed = Repository.RunNode("dapr/functions-host.mjs");
        var apps = Yaml.Documents(printed).Single().Items("apps").ToArray();
        Assert.Empty(DaprRules.RunMisfits(Yaml.Documents(printed).Single()));
        Assert.Equal(Yaml.Documents(DeploymentFiles.Real["dapr/dapr.yaml"]).Single().Items("apps").Select(app => app.Text("appID")), apps.Select(app => app.Text("appID")));
        Assert.All(apps.Where(app => app.Text("appID") is "chain-events" or "gateway-text" or "gateway-vision"), app =>
            Assert.Equal(["func", "start", "--no-build", "--port", app.Text("appPort")!], app.Texts("command")));
    }

    [Fact]
    public void Manifests_fit_their_schemas() => Holds(ManifestRules.Misfits);

    [Fact]
    public void Kustomizations_name_files_that_are_there() => Holds(ManifestRules.BrokenKustomizations);

    [Fact]
    public void Manifests_ask_for_values_that_are_given() => Holds(ManifestRules.UnknownValues);

    [Fact]
    public void Flux_applies_folders_that_are_there() => Holds(ManifestRules.UnknownFolders);

    [Fact]
    public void Workers_and_validators_are_run_with_care() => Holds(ManifestRules.Careless);

    [Fact]
    public void Texts_stay_texts() => Holds(ManifestRules.Unquoted);

    [Fact]
    public void A_key_that_votes_has_one_process() => Holds(ValidatorRules.TwoOfOneKey);

    [Fact]
    public void A_key_that_votes_has_a_disk_for_its_life() => Holds(ValidatorRules.WithoutDisk);

    [Fact]
    public void Apps_are_probed() => Holds(AppRules.Unprobed);

    [Fact]
    public void What_may_run_once_does() => Holds(AppRules.NotOne);

    [Fact]
    public void Of_a_validator_little_is_reached() => Holds(AppRules.Exposed);

    [Fact]
    public void Images_are_built_from_what_is_there() => Holds(ImageRules.Dockerfiles);

    [Fact]
    public void Builds_name_Dockerfiles_that_are_there() => Holds(ImageRules.Builds);

    [Fact]
    public void What_runs_is_what_is_pushed() => Holds(ImageRules.Unpushed);

    [Fact]
    public void Alerts_dashboards_and_scaling_ask_for_what_is_published() => Holds(MetricRules.Unpublished);

    [Fact]
    public void Every_alert_is_explained() => Holds(MetricRules.Unexplained);

    [Fact]
    public void Workflows_run_the_commands_of_the_guides() => Holds(WorkflowRules.UnknownCommands);

    [Fact]
    public void Commands_are_those_that_their_documentation_has() => Holds(CommandRules.Undocumented);

    [Fact]
    public void The_guide_names_files_that_are_there() => Holds(WorkflowRules.BrokenGuide);

    [Fact]
    public void What_must_be_supplied_is_explained() => Holds(WorkflowRules.UnexplainedVariables);
}
